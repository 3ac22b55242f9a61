/**
 * A search for inputs that do harm, led by coverage: whatever reaches new code is kept, and changed further.
 *
 *     batch      mutants of the corpus, judged one after the other, then one take of the coverage for all of them: a take costs
 *                10 ms, as much as hundreds of inputs, so batches grow while there is no news
 *     halving    a batch with news is judged again in halves until the inputs are found that bring it
 *     trimming   of an input what is not needed for its news is cut away, and the rest is kept
 *     finding    a fault, an input over the bound of time, or over that of memory: trimmed too, one for each place
 *
 * Time is the CPU's, so that a machine that stands still finds nothing. What never ends, and what takes all memory, ends the
 * thread: `thread.ts` says which input it was.
 */
import { getHeapStatistics } from 'node:v8';
import { type FuzzTarget, judge } from '../target.js';
import { type Area, type Coverage, holds, Seen } from './coverage.js';
import { cpuMs } from './cpu.js';
import { Dice, type MutationOptions, mutate } from './mutate.js';

export interface Finding {
  readonly kind: 'fault' | 'slow' | 'memory' | 'endless' | 'crash';
  /** What was thrown, or how much it took. */
  readonly why: string;
  readonly bytes: Uint8Array;
}

export interface SearchOptions {
  readonly target: FuzzTarget;
  readonly seed: number;
  /** Of the CPU. */
  readonly seconds: number;
  /** It ends after so many inputs too, whatever the time. */
  readonly inputsMax?: number;
  /** And after so many findings. */
  readonly findingsMax?: number;
  /** Kept by earlier searches. */
  readonly corpus: readonly Uint8Array[];
  readonly words: readonly Uint8Array[];
  /** Hears of every input before it is judged. */
  readonly about: (bytes: Uint8Array) => void;
  readonly bounds?: Bounds;
}

export interface Bounds {
  /** Of one input, on the CPU. */
  readonly slowMs: number;
  /** Taken by one input and not given back while it runs. */
  readonly memoryBytes: number;
  readonly bytesMax: number;
}

export const usualBounds: Bounds = { slowMs: 1_000, memoryBytes: 64 * 1024 * 1024, bytesMax: 16 * 1024 };

export interface SearchResult {
  readonly executions: number;
  /** Of our source: functions that ran, and characters of them. */
  readonly functions: number;
  readonly characters: number;
  /** All that is worth keeping: each reaches something that neither a sample nor a shorter one reaches. */
  readonly corpus: readonly Uint8Array[];
  /** Of those, how many are new. */
  readonly fresh: number;
  readonly findings: readonly Finding[];
}

const [batchMin, batchMax] = [128, 2048];
/** With one take each. */
const newsTrimTries = 30;
const trimTries = 80;
const findingsMaxUsual = 10;

export class Search {
  readonly #o: SearchOptions;
  readonly #bounds: Bounds;
  readonly #mutation: MutationOptions;
  readonly #coverage: Coverage;
  readonly #dice: Dice;
  readonly #seen = new Seen();
  readonly #inputs: Uint8Array[] = [];
  readonly #kept: Uint8Array[] = [];
  /** By the place where it happened. */
  readonly #findings = new Map<string, Finding>();
  #executions = 0;
  #fresh = 0;
  #batchSize = batchMin;

  constructor(options: SearchOptions, coverage: Coverage) {
    this.#o = options;
    this.#bounds = options.bounds ?? usualBounds;
    this.#mutation = { words: options.words, bytesMax: this.#bounds.bytesMax };
    this.#coverage = coverage;
    this.#dice = new Dice(options.seed);
  }

  async run(): Promise<SearchResult> {
    const end = cpuMs() + 1_000 * this.#o.seconds;
    await this.#begin();
    const { inputsMax = Number.POSITIVE_INFINITY, findingsMax = findingsMaxUsual } = this.#o;
    while (cpuMs() < end && this.#findings.size < findingsMax && this.#executions < inputsMax) {
      await this.#batch();
    }
    const corpus = await this.#reduced();
    const { functions, characters } = this.#seen;
    return {
      executions: this.#executions,
      functions,
      characters,
      corpus,
      fresh: this.#fresh,
      findings: [...this.#findings.values()],
    };
  }

  /** Twice: what runs only once in a process is nobody's merit. */
  async #begin(): Promise<void> {
    const { target, corpus } = this.#o;
    this.#coverage.take();
    for (let k = 0; k < 2; k++) this.#seen.add(await this.#areaOf(target.samples));
    this.#inputs.push(...target.samples.map(sample => sample.slice()));
    for (const bytes of [...corpus].sort((a, b) => a.length - b.length)) {
      this.#seen.add(await this.#areaOf([bytes]));
      this.#inputs.push(bytes);
      this.#kept.push(bytes);
    }
    this.#inputs.push(new Uint8Array());
  }

  async #batch(): Promise<void> {
    const batch = Array.from({ length: this.#batchSize }, () => {
      const recent = this.#inputs.slice(-16);
      const bytes = this.#dice.below(2) === 0 ? this.#dice.pick(recent) : this.#dice.pick(this.#inputs);
      return mutate(bytes, this.#dice.pick(this.#inputs), this.#dice, this.#mutation);
    });
    const area = await this.#areaOf(batch);
    const isNews = this.#seen.news(area).length > 0;
    if (isNews) await this.#halve(batch);
    this.#batchSize = isNews ? batchMin : Math.min(2 * this.#batchSize, batchMax);
    this.#seen.add(area); // what only came once does not come again
  }

  async #halve(batch: readonly Uint8Array[]): Promise<void> {
    const area = await this.#areaOf(batch);
    const news = this.#seen.news(area);
    if (news.length === 0) return;
    if (batch.length > 1) {
      const middle = batch.length >> 1;
      await this.#halve(batch.slice(0, middle));
      await this.#halve(batch.slice(middle));
      return;
    }
    const trimmed = await trim(batch[0], async bytes => holds(await this.#areaOf([bytes]), news), newsTrimTries);
    this.#seen.add(area);
    this.#inputs.push(trimmed);
    this.#kept.push(trimmed);
    this.#fresh++;
  }

  /** What runs when these are judged. */
  async #areaOf(inputs: readonly Uint8Array[]): Promise<Area> {
    // nothing else runs this code meanwhile: what the last take left is nothing
    for (const bytes of inputs) await this.#judge(bytes);
    return this.#coverage.take();
  }

  async #judge(bytes: Uint8Array): Promise<void> {
    const finding = await this.#tried(bytes);
    if (!finding) return;
    const name = placeOf(finding);
    if (this.#findings.has(name)) return;
    this.#findings.set(name, finding);
    const trimmed = await trim(bytes, async each => {
      const other = await this.#tried(each);
      return other !== undefined && placeOf(other) === name;
    });
    this.#findings.set(name, { ...finding, bytes: trimmed });
  }

  async #tried(bytes: Uint8Array): Promise<Finding | undefined> {
    const { slowMs, memoryBytes } = this.#bounds;
    this.#o.about(bytes);
    this.#executions++;
    const given = bytes.slice();
    const memory = memoryOf();
    const begun = performance.now();
    const verdict = await judge(this.#o.target, given);
    const taken = memoryOf() - memory;
    const ms = performance.now() - begun > slowMs ? await this.#cpuMsOf(bytes) : 0;
    if (verdict.kind === 'fault') return { kind: 'fault', why: verdict.why, bytes: bytes.slice() };
    if (ms > slowMs) return { kind: 'slow', why: `${Math.round(ms)} ms`, bytes: bytes.slice() };
    if (taken > memoryBytes) return { kind: 'memory', why: `${taken} bytes`, bytes: bytes.slice() };
    return undefined;
  }

  /** Again, for what took long by the clock: asking for the CPU's time costs as much as many a decoder. */
  async #cpuMsOf(bytes: Uint8Array): Promise<number> {
    const begun = cpuMs();
    await judge(this.#o.target, bytes.slice());
    return cpuMs() - begun;
  }

  /** The shortest first: who brings nothing that is not there by then is left out. */
  async #reduced(): Promise<Uint8Array[]> {
    const seen = new Seen();
    for (let k = 0; k < 2; k++) seen.add(await this.#areaOf(this.#o.target.samples));
    const corpus: Uint8Array[] = [];
    for (const bytes of [...this.#kept].sort((a, b) => a.length - b.length)) {
      const area = await this.#areaOf([bytes]);
      if (seen.news(area).length === 0) continue;
      seen.add(area);
      corpus.push(bytes);
    }
    return corpus;
  }
}

const memoryOf = () => {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
};

/** One finding for each line of our source that an error comes from; of slow and large ones the first will do. */
export function placeOf({ kind, why }: Finding): string {
  if (kind !== 'fault') return kind;
  const where = /\n\s+at .*?((?:src|node|test)\/[\w./-]+:\d+)/.exec(why)?.[1];
  return where ?? why.split('\n')[0];
}

/** The input without what can be cut away so that `still` holds. */
export async function trim(
  bytes: Uint8Array,
  still: (bytes: Uint8Array) => Promise<boolean>,
  triesMax = trimTries,
): Promise<Uint8Array> {
  let best = bytes;
  let tries = 0;
  for (let size = best.length >> 1; size >= 1 && tries < triesMax; size >>= 1) {
    for (let at = 0; at < best.length && tries < triesMax; ) {
      const shorter = new Uint8Array(best.length - Math.min(size, best.length - at));
      shorter.set(best.subarray(0, at));
      shorter.set(best.subarray(at + size), at);
      tries++;
      if (await still(shorter)) best = shorter;
      else at += size;
    }
  }
  return best.slice();
}
