/**
 * Measures one operation on inputs of two classes, in random order. Inputs are made beforehand and copied, outside the time that
 * is taken, into the memory on which the operation works: what it finds in the caches does not depend on the class.
 */
import { type Leakage, leakage } from './welch.js';

/** 0: one value, always; 1: another each time. */
export type InputClass = 0 | 1;

export interface Prepared {
  /** Puts an input in its place. `k` counts. */
  readonly load: (inputClass: InputClass, k: number) => void;
  readonly run: () => unknown;
}

export interface Operation {
  readonly name: string;
  /** What the two classes are. */
  readonly classes: string;
  /** `control`: must be found. `none`: nothing is promised, see `SECURITY.md`. */
  readonly promise: 'constant' | 'control' | 'none';
  /** Runs in one measurement: several microseconds at least. */
  readonly repeats: number;
  readonly prepare: () => Prepared | Promise<Prepared>;
}

export interface Budget {
  /** Of processor time: others on the machine take nothing of it. */
  readonly seconds: number;
  readonly samplesMax: number;
}

export interface Measured extends Leakage {
  readonly samples: number;
}

/** The first of them are the compiler's. */
const warmUpShare = 0.2;
/** However long they take: fewer say nothing. */
const samplesMin = 2_000;
/** Measurements between two looks at the clock. */
const stride = 64;

/** Times in nanoseconds a run. */
export async function measure({ prepare, repeats }: Operation, { seconds, samplesMax }: Budget): Promise<Measured> {
  const { load, run } = await prepare();
  const times = new Float64Array(samplesMax);
  const classes = new Uint8Array(samplesMax);
  const order = crypto.getRandomValues(new Uint8Array(65_536));
  const start = process.cpuUsage();
  let used = 0;
  load(0, 0);
  const isAsync = run() instanceof Promise;
  let samples = 0;
  for (let k = 0; samples < samplesMax; k++) {
    const inputClass = (order[k % order.length] & 1) as InputClass;
    if (k % order.length === order.length - 1) crypto.getRandomValues(order);
    load(inputClass, k);
    const before = performance.now();
    if (isAsync) for (let i = 0; i < repeats; i++) await run();
    else for (let i = 0; i < repeats; i++) run();
    const after = performance.now();
    if (k % stride === 0) {
      const { user, system } = process.cpuUsage(start);
      used = (user + system) / 1e6 / seconds;
    }
    if (used > 1 + warmUpShare && samples >= samplesMin) break;
    if (used < warmUpShare) continue;
    times[samples] = ((after - before) * 1e6) / repeats;
    classes[samples++] = inputClass;
  }
  return { ...leakage(times.subarray(0, samples), classes.subarray(0, samples)), samples };
}
