/** The host: libp2p links between the banks of one roster, and the clock. */
export { systemClock } from './clock.js';
export { DelayLine } from './delay-line.js';
export { type Use, uses } from './framing.js';
export { type Host, type HostHandlers, type HostOptions, type Link, startHost } from './host.js';
export type { LinkState } from './link.js';
