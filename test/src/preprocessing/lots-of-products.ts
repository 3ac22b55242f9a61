/** One lot of products at n banks, honest or not, for the tests of this folder. */
import { mulVec, sumVec, type Vec, zeros } from '../../../src/field/index.js';
import type { Pair } from '../../../src/preprocessing/index.js';
import { ProductLot, type ProductShape, type Products } from '../../../src/preprocessing/products.js';
import type { Party } from '../../../src/sharing/index.js';
import { makeParties, reconstruct } from '../../harness/dealer.js';
import { idealPairs } from '../../harness/ideal-pairs.js';
import { type MemoryChannel, memoryNetwork, type OnFrame } from '../../harness/memory-channel.js';
import { seeded } from './talks.js';

export interface LotOptions {
  readonly banks: number;
  readonly shape: ProductShape;
  readonly onFrame?: OnFrame;
  /** Which protocol each bank runs. */
  readonly lotOf?: (bank: number) => typeof ProductLot;
  /** Ideal ones unless given. */
  readonly pairs?: (parties: readonly Party[], channels: readonly MemoryChannel[]) => Promise<(Pair | undefined)[][]>;
}

/** What each bank came to. When all have failed or wait in vain the session is ended. */
export async function runLot(o: LotOptions) {
  const parties = makeParties(o.banks, seeded('parties'));
  const channels = memoryNetwork(o.banks, o.onFrame);
  const pairs = (await o.pairs?.(parties, channels)) ?? idealPairs(parties);
  const context = new Uint8Array(32).fill(7);
  const runs = parties.map(party => {
    const Lot = o.lotOf?.(party.self) ?? ProductLot;
    const options = {
      party,
      channel: channels[party.self],
      pairs: pairs[party.self],
      random: seeded(`b${party.self}`),
    };
    return new Lot(options, o.shape, context).make();
  });
  const failed = Promise.any(
    runs.map(run =>
      run.then(
        () => Promise.reject(),
        () => {},
      ),
    ),
  );
  failed.then(() => settle().then(channels[0].close)).catch(() => {});
  return { parties, results: await Promise.allSettled(runs) };
}

/** Long enough for whatever is under way in memory: a bank that waits now waits in vain. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve));
}

export function codes(results: readonly PromiseSettledResult<unknown>[]): string[] {
  return results.map(result => (result.status === 'rejected' ? String(result.reason.code ?? result.reason) : 'made'));
}

export function made(results: readonly PromiseSettledResult<Products>[]): Products[] {
  return results.map(result => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/** <u, M_c> and what the banks hold for it, for every column and tuple; tags are checked on the way. */
export function relation(
  parties: readonly Party[],
  lots: readonly Products[],
  { tuples, selectors, columns }: ProductShape,
) {
  const plain = (of: (lot: Products) => Products['u']) => reconstruct(parties, lots.map(of));
  const u = plain(lot => lot.u);
  const due: Vec[] = [];
  const held: Vec[] = [];
  for (let c = 0; c < columns; c++) {
    const terms = mulVec(
      u,
      plain(lot => lot.payload[c]),
    );
    const sums = zeros(tuples);
    for (let k = 0; k < tuples; k++) sums[k] = sumVec(terms.subarray(k * selectors, (k + 1) * selectors));
    due.push(sums);
    held.push(plain(lot => lot.products[c]));
  }
  return { u, due, held };
}
