/**
 * Time for searches: of the CPU, all threads of the process together. A process that is stopped, or whose machine others use, grows
 * no older, so that a search of so many seconds tries as many inputs on a busy machine as on a quiet one.
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
