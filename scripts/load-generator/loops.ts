/**
 * When the next envelope goes: three loops, each until it is stopped, then until all it has sent is final.
 *
 *     closed   so many under way; one that is final makes room for the next
 *     open     a Poisson process, whatever the banks do; beyond `underwayMax` arrivals are turned away, and counted
 *     lone     one, its outcome, a pause
 */
import type { EnvelopeMaker } from './envelope-maker.js';
import type { Payments } from './payments.js';
import type { Traffic } from './traffic.js';

export interface Loop {
  /** Arrivals that found too many waiting. */
  readonly turnedAway: number;
  /** No envelope is sent any more. Resolves when all that were sent are final. */
  stop(): Promise<void>;
}

/** An overloaded open loop: what would wait longer than any run. */
const underwayMax = 8_192;
const lonePauseMs = [50, 150] as const;

type Failed = (error: unknown) => void;

export function closedLoop(traffic: Traffic, maker: EnvelopeMaker, outstanding: number, failed: Failed): Loop {
  let going = true;
  const place = async () => {
    while (going) await traffic.send(await maker.take());
  };
  const places = Promise.all(Array.from({ length: outstanding }, place)).catch(failed);
  return {
    turnedAway: 0,
    stop: async () => {
      going = false;
      await places;
    },
  };
}

export function openLoop(
  traffic: Traffic,
  maker: EnvelopeMaker,
  rate: number,
  payments: Payments,
  failed: Failed,
): Loop {
  const sending = new Set<Promise<unknown>>();
  let [going, turnedAway] = [true, 0];
  let due = performance.now();
  const arrive = (at: number) => {
    if (traffic.underway >= underwayMax) {
      turnedAway++;
      return;
    }
    const one = maker
      .take()
      .then(made => traffic.send(made, at))
      .catch(failed)
      .finally(() => sending.delete(one));
    sending.add(one);
  };
  const running = (async () => {
    while (going) {
      for (const now = performance.now(); due <= now; due += 1000 * payments.gap(rate)) arrive(due);
      await new Promise(next => setTimeout(next, Math.max(0, due - performance.now())));
    }
  })();
  return {
    get turnedAway() {
      return turnedAway;
    },
    stop: async () => {
      going = false;
      await running;
      await Promise.all(sending);
    },
  };
}

export function loneLoop(traffic: Traffic, maker: EnvelopeMaker, failed: Failed): Loop {
  let going = true;
  const [least, most] = lonePauseMs;
  const running = (async () => {
    while (going) {
      await traffic.send(await maker.take());
      await new Promise(next => setTimeout(next, least + Math.random() * (most - least)));
    }
  })().catch(failed);
  return {
    turnedAway: 0,
    stop: async () => {
      going = false;
      await running;
    },
  };
}
