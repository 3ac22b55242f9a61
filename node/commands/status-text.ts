/** A bank's status in a few lines, for people. What a gateway sent is printed and not believed. */
export function describeStatus(status: Record<string, unknown>): string[] {
  const inside = (value: unknown, key: string) => text(fields(value).find(([name]) => name === key)?.[1]);
  const { halted } = status;
  const waiting = list(status.waitingFor).map(text);
  return [
    `${text(status.name)}: ${text(status.phase)}${typeof halted === 'string' ? `, because ${halted}` : ''}`,
    ...describeEvidence(Object.fromEntries(fields(status.evidence))),
    ...describeRecovery(Object.fromEntries(fields(status.recovery))),
    `network   ${text(status.networkId)}`,
    ...(status.version === undefined ? [] : [`version   covault ${text(status.version)}`]),
    `height    ${text(status.height)}, final up to ${text(status.finalHeight)}; attempt ${text(status.attempt)} at the next`,
    ...(waiting.length > 0 ? [`waits for ${waiting.join(', ')}`] : []),
    ...list(status.peers).map(peer => {
      const connected = fields(peer).some(([name, value]) => name === 'connected' && value === true);
      return `bank      ${inside(peer, 'name')}: ${connected ? `connected${describeVersion(peer, status.version)}` : 'not connected'}`;
    }),
    `pool      ${inside(status.pool, 'known')} known, ${inside(status.pool, 'ready')} ready`,
    ...fields(status.stock)
      .map(([kind, level]) => [kind, Object.fromEntries(fields(level))] as const)
      .filter(([, { made, low }]) => made !== 0 || low !== undefined)
      .map(([kind, level]) => `stock     ${kind}: ${describeLevel(level)}`),
    ...describeThread(Object.fromEntries(fields(status.preprocessing))),
    ...(Number(inside(status.links, 'injectedDelayMs')) > 0
      ? [`BENCHMARK: frames to other banks are late by ${inside(status.links, 'injectedDelayMs')} ms on purpose`]
      : []),
    `since start: ${fields(status.counters)
      .map(([name, value]) => `${name} ${text(value)}`)
      .join(', ')}`,
  ];
}

/** Of another bank's software, and whether this bank's is another. */
function describeVersion(peer: unknown, own: unknown): string {
  const { version } = Object.fromEntries(fields(peer));
  if (typeof version !== 'string') return '';
  return `, covault ${version}${version === own ? '' : ` (DIFFERS: this bank runs ${text(own)})`}`;
}

type Told = Record<string, unknown>;

/** Who accuses whom. */
function describeEvidence({ kind, accuser, culprit }: Told): string[] {
  if (kind === undefined) return [];
  return [
    `evidence  ${text(kind)} by ${text(accuser)} against ${culprit === undefined ? 'nobody by name' : text(culprit)}`,
  ];
}

/** What is under way to bring the network on after a halt, or was done at the start of the process. */
function describeRecovery({ rekeying, adopting, adopted }: Told): string[] {
  const place = (of: unknown) => {
    const { height, attempt } = Object.fromEntries(fields(of));
    return `attempt ${text(attempt)} at height ${text(height)}`;
  };
  return [
    ...(rekeying === true ? ['recovery  a pardon is being carried out: all MAC keys are drawn anew'] : []),
    ...(adopting === undefined ? [] : [`recovery  waits until all banks adopt ${place(adopting)}`]),
    ...(adopted === undefined ? [] : [`recovery  all banks have adopted ${place(adopted)}`]),
  ];
}

/** How much is ahead, and for how long that lasts. */
function describeLevel({ made, used, low, high, madePerSecond, usedPerSecond, secondsLeft }: Told): string {
  const all = `${grouped(made)} made, ${grouped(used)} used`;
  if (low === undefined) return all;
  const ahead = typeof made === 'number' && typeof used === 'number' ? Math.max(0, made - used) : undefined;
  const left = secondsLeft === undefined ? 'none used now' : `${text(secondsLeft)} s left`;
  return `${grouped(ahead)} ahead, kept between ${grouped(low)} and ${grouped(high)}; ${left}
            a second: ${grouped(madePerSecond)} made, ${grouped(usedPerSecond)} used; this session: ${all}`;
}

/** What making the stock costs. */
function describeThread({ peers, busy, busySeconds, threadsLost }: Told): string[] {
  if (busy === undefined) return [];
  const percent = typeof busy === 'number' ? Math.round(100 * busy) : '?';
  const lost = threadsLost === 0 ? '' : `; ${text(threadsLost)} lost`;
  return [
    `thread    of preprocessing: busy ${percent}% of the time, ${text(busySeconds)} s since start${lost}`,
    ...list(peers).map(peer => {
      const { name, bytesSent, bytesReceived } = Object.fromEntries(fields(peer));
      return `traffic   ${text(name)}: ${megabytes(bytesSent)} of preprocessing sent, ${megabytes(bytesReceived)} received`;
    }),
  ];
}

const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '?');
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const fields = (value: unknown) => (typeof value === 'object' && value !== null ? Object.entries(value) : []);
/** 12,345 */
const grouped = (value: unknown) => (typeof value === 'number' ? value.toLocaleString('en-US') : '?');
const megabytes = (bytes: unknown) => (typeof bytes === 'number' ? `${(bytes / 1e6).toFixed(1)} MB` : '?');
