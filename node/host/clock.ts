/** The clock of `src/ports.ts` over this process's own. Its timers keep no process alive. */
import type { Clock } from '../../src/ports.js';

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
};
