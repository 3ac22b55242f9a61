/**
 * What two banks in one process make in a second: set-up, VOLE, triples, selection tuples; with their bytes.
 *
 * Both ends share one core here. VOLE is measured over whole rounds of LPN, after the first of the session, which rests on OT.
 */
import { hash, seededRandom, utf8 } from '../../src/crypto/index.js';
import { LinkStock, lotsFor, openPair, type Pair } from '../../src/preprocessing/index.js';
import { lpnStages, reservedCountOf, rowCountOf } from '../../src/preprocessing/lpn-parameters.js';
import { ProductLot } from '../../src/preprocessing/products.js';
import { makeParties } from '../../test/harness/dealer.js';
import { memoryNetwork } from '../../test/harness/memory-channel.js';
import { memoryStore } from '../../test/harness/memory-store.js';

export interface PreprocessingBench {
  /** Base OTs, extensions, VOLE and key links, both directions. */
  readonly openPairMs: number;
  readonly openPairBytes: number;
  /** One direction of one pair. */
  readonly volePerSecond: number;
  readonly bytesPerVole: number;
  /** Of all banks together, n = 2. */
  readonly triplesPerSecond: number;
  readonly bytesPerTriple: number;
  readonly selectionPageSize: number;
  readonly selectionsPerSecond: number;
  readonly bytesPerSelection: number;
}

const selectionPageSize = 16;

export async function benchPreprocessing(): Promise<PreprocessingBench> {
  const random = seededRandom(hash('bench'));
  const parties = makeParties(2, random);
  let bytes = 0;
  const channels = memoryNetwork(2, (_from, _to, frame) => {
    bytes += frame.length;
    return frame;
  });
  const measure = async (what: () => Promise<unknown>) => {
    const [before, start] = [bytes, performance.now()];
    await what();
    return { ms: performance.now() - start, bytes: bytes - before };
  };
  const pairs: Pair[] = [];
  const both = (run: (bank: number) => Promise<unknown>) => Promise.all([run(0), run(1)]);
  const opened = await measure(() =>
    both(async bank => {
      pairs[bank] = await openPair({
        party: parties[bank],
        peer: 1 - bank,
        channel: channels[bank],
        sessionId: hash('bench/session'),
        random,
        links: new LinkStock(memoryStore(), utf8('links/')),
        mayStartFresh: true,
      });
    }),
  );
  const voleCount = 6 * (rowCountOf(lpnStages.main) - reservedCountOf(lpnStages.main));
  const vole = () => both(bank => (bank === 0 ? pairs[0].sharer : pairs[1].verifier).extend(voleCount));
  await vole(); // warm
  const voled = await measure(vole);
  let lot = 0;
  const products = (tuples: number, selectors: number, columns: number) => () => {
    const context = utf8(`bench lot ${lot++}`);
    return both(bank => {
      const byPeer = bank === 0 ? [undefined, pairs[0]] : [pairs[1], undefined];
      const options = { party: parties[bank], channel: channels[bank], pairs: byPeer, random };
      return new ProductLot(options, { tuples, selectors, columns }, context).make();
    });
  };
  const lots = lotsFor(selectionPageSize);
  const [triples, selections] = [lots.triples!.size, lots.selections!.size];
  await products(triples, 1, 1)(); // warm
  const tripled = await measure(products(triples, 1, 1));
  const selected = await measure(products(selections, selectionPageSize, 2));
  const perSecond = (count: number, { ms }: { ms: number }) => Math.round((1000 * count) / ms);
  return {
    openPairMs: Math.round(opened.ms),
    openPairBytes: opened.bytes,
    volePerSecond: perSecond(voleCount, voled),
    bytesPerVole: Math.round((100 * voled.bytes) / voleCount) / 100,
    triplesPerSecond: perSecond(triples, tripled),
    bytesPerTriple: Math.round(tripled.bytes / triples),
    selectionPageSize,
    selectionsPerSecond: perSecond(selections, selected),
    bytesPerSelection: Math.round(selected.bytes / selections),
  };
}
