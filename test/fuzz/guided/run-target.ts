/**
 * Runs a search in a thread and watches it: an input that never ends, or takes all of the thread's memory, is a finding, and
 * the search goes on in another thread with what is left of its time.
 */
import { startThread } from '../../../node/threads/index.js';
import { cpuMs } from './cpu.js';
import type { Finding, SearchResult } from './search.js';

/** Shared: [0] inputs begun, [1] the length of the last one; and its bytes. */
export interface Journal {
  readonly counts: Int32Array;
  readonly bytes: Uint8Array;
}

export interface ThreadOptions {
  readonly name: string;
  readonly seed: number;
  /** Of the CPU. */
  readonly seconds: number;
  readonly journal: Journal;
  /** The module whose `targets` are meant. */
  readonly from: string;
}

export interface TargetOptions {
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  /** The table, unless it is this folder's. */
  readonly from?: string;
  /** Megabytes of the thread's old objects. */
  readonly heapMegabytes?: number;
  /** On the CPU, over one input. */
  readonly endlessMs?: number;
}

const table = new URL(import.meta.url.endsWith('.js') ? '../targets.js' : '../targets.ts', import.meta.url).href;
const lookMs = 250;
const heapMegabytesUsual = 512;
const endlessMsUsual = 20_000;
/** Threads lost over one target, after which it is left alone. */
const lossesMax = 3;

export async function runTarget(options: TargetOptions): Promise<SearchResult> {
  const end = cpuMs() + 1_000 * options.seconds;
  const findings: Finding[] = [];
  for (let loss = 0; ; loss++) {
    const seconds = Math.max(0, (end - cpuMs()) / 1_000);
    const ran = await runThread({ ...options, seconds, seed: options.seed + loss });
    if ('executions' in ran) return { ...ran, findings: [...findings, ...ran.findings] };
    findings.push(ran);
    if (loss + 1 >= lossesMax || cpuMs() >= end) {
      return { executions: 0, functions: 0, characters: 0, corpus: [], fresh: 0, findings };
    }
  }
}

/** What a search came to, or over which input its thread was lost. */
async function runThread(options: TargetOptions): Promise<SearchResult | Finding> {
  const { name, seed, seconds, from = table } = options;
  const { heapMegabytes = heapMegabytesUsual, endlessMs = endlessMsUsual } = options;
  const journal: Journal = {
    counts: new Int32Array(new SharedArrayBuffer(8)),
    bytes: new Uint8Array(new SharedArrayBuffer(64 * 1024)),
  };
  const workerData: ThreadOptions = { name, seed, seconds, journal, from };
  const worker = startThread(import.meta.url, {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  });
  const lost = (kind: Finding['kind'], why: string): Finding => ({
    kind,
    why,
    bytes: journal.bytes.slice(0, Atomics.load(journal.counts, 1)),
  });
  return new Promise<SearchResult | Finding>(resolve => {
    const stop = watch(journal, endlessMs, () => resolve(lost('endless', `more than ${endlessMs} ms`)));
    worker.once('message', resolve);
    worker.once('error', error => resolve(lost('crash', error.stack ?? error.message)));
    worker.once('exit', code => resolve(lost('crash', `the thread ended (${code})`)));
    worker.once('exit', stop);
  }).finally(() => worker.terminate());
}

/** Calls once the CPU was busy for so long over one input. A process that is not run grows no older. */
function watch({ counts }: Journal, endlessMs: number, call: () => void): () => void {
  let begun = -1;
  let since = cpuMs();
  const timer = setInterval(() => {
    const now = Atomics.load(counts, 0);
    if (now !== begun || now === 0) {
      begun = now;
      since = cpuMs();
    } else if (cpuMs() - since > endlessMs) {
      clearInterval(timer);
      call();
    }
  }, lookMs);
  return () => clearInterval(timer);
}
