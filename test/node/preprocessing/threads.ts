/** Real preprocessing threads for tests, that a test can end, in small lots. */
import type { Worker } from 'node:worker_threads';
import { Preprocessing, type PreprocessingOptions, startThread } from '../../../node/preprocessing/index.js';
import { utf8 } from '../../../src/crypto/index.js';
import type { Lots } from '../../../src/preprocessing/index.js';
import type { Party } from '../../../src/sharing/index.js';
import { memoryStore } from '../../harness/memory-store.js';
import { realClock, silent } from '../../harness/network.js';
import { smallLpn } from '../../harness/small-lpn.js';

export const lotsOfOne: Lots = { vole: { size: 2_000, low: 3_000, high: 6_000, max: 40_000, first: 500 } };

export const linksPrefix = utf8('links/');

export interface Threads {
  /** Of one bank. */
  readonly preprocessing: Preprocessing;
  /** All that were started, in order. */
  readonly workers: readonly Worker[];
}

export function threadsOf(party: Party, more: Partial<PreprocessingOptions> = {}): Threads {
  const workers: Worker[] = [];
  const preprocessing = new Preprocessing({
    party,
    pageSize: 1,
    rosterVersion: 0,
    store: memoryStore(),
    linksPrefix,
    clock: realClock,
    log: silent,
    lots: lotsOfOne,
    lpn: smallLpn,
    start: data => {
      const worker = startThread(data);
      workers.push(worker);
      return worker;
    },
    ...more,
  });
  return { preprocessing, workers };
}
