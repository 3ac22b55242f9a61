/** A bank's status in a few lines, for people. What a gateway sent is printed and not believed. */
export function describeStatus(status: Record<string, unknown>): string[] {
  const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '?');
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  const fields = (value: unknown) => (typeof value === 'object' && value !== null ? Object.entries(value) : []);
  const inside = (value: unknown, key: string) => text(fields(value).find(([name]) => name === key)?.[1]);
  const { halted } = status;
  const waiting = list(status.waitingFor).map(text);
  return [
    `${text(status.name)}: ${text(status.phase)}${typeof halted === 'string' ? `, because ${halted}` : ''}`,
    `network   ${text(status.networkId)}`,
    `height    ${text(status.height)}, final up to ${text(status.finalHeight)}; attempt ${text(status.attempt)} at the next`,
    ...(waiting.length > 0 ? [`waits for ${waiting.join(', ')}`] : []),
    ...list(status.peers).map(peer => {
      const connected = fields(peer).some(([name, value]) => name === 'connected' && value === true);
      return `bank      ${inside(peer, 'name')}: ${connected ? 'connected' : 'not connected'}`;
    }),
    `pool      ${inside(status.pool, 'known')} known, ${inside(status.pool, 'ready')} ready`,
    ...fields(status.stock).map(
      ([kind, level]) => `stock     ${kind}: ${inside(level, 'made')} made, ${inside(level, 'used')} used`,
    ),
    ...(Number(inside(status.links, 'injectedDelayMs')) > 0
      ? [`BENCHMARK: frames to other banks are late by ${inside(status.links, 'injectedDelayMs')} ms on purpose`]
      : []),
    `since start: ${fields(status.counters)
      .map(([name, value]) => `${name} ${text(value)}`)
      .join(', ')}`,
  ];
}
