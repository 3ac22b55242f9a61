/**
 * Bank-made products among n banks in one process: processor milliseconds of all banks together for one, bytes that one bank
 * sends, and how many that makes a second of one core. In lots of the size that banks make.
 *
 * Twice: as they are, and with VOLE for the inputs dealt instead of made, which leaves OT, cross products and checks.
 */
import { hash, seededRandom, systemRandom, utf8 } from '../../src/crypto/index.js';
import { LinkStock, lotsFor, openPair, type Pair } from '../../src/preprocessing/index.js';
import { ProductLot, type ProductShape } from '../../src/preprocessing/products.js';
import type { Party } from '../../src/sharing/index.js';
import { makeParties } from '../../test/harness/dealer.js';
import { idealPairs } from '../../test/harness/ideal-pairs.js';
import { type MemoryChannel, memoryNetwork } from '../../test/harness/memory-channel.js';
import { memoryStore } from '../../test/harness/memory-store.js';

export interface ProductsBench {
  readonly kind: 'selections' | 'triples';
  readonly banks: number;
  readonly pageSize: number;
  readonly voleDealt: boolean;
  readonly lot: number;
  readonly cpuMsEach: number;
  readonly perCoreSecond: number;
  readonly kilobytesPerBank: number;
}

const pageSize = 16;
const rounds = 7;

export async function benchProducts(): Promise<ProductsBench[]> {
  const results: ProductsBench[] = [];
  for (const banks of [2, 3]) {
    const world = await open(banks);
    for (const voleDealt of [false, true]) {
      for (const kind of ['selections', 'triples'] as const) results.push(await benchOne(world, kind, voleDealt));
    }
  }
  return results;
}

interface World {
  readonly parties: readonly Party[];
  readonly channels: readonly MemoryChannel[];
  readonly pairs: readonly (readonly (Pair | undefined)[])[];
  readonly bytes: { sent: number };
}

async function open(banks: number): Promise<World> {
  const bytes = { sent: 0 };
  const parties = makeParties(banks, seededRandom(hash('bench')));
  const channels = memoryNetwork(banks, (_from, _to, frame) => {
    bytes.sent += frame.length;
    return frame;
  });
  const openOne = (party: Party, peer: number) =>
    openPair({
      party,
      peer,
      channel: channels[party.self],
      sessionId: hash('bench/session'),
      random: systemRandom,
      links: new LinkStock(memoryStore(), utf8('links/')),
      mayStartFresh: true,
    });
  const pairs = await Promise.all(
    parties.map(own =>
      Promise.all(parties.map(({ self: peer }) => (peer === own.self ? undefined : openOne(own, peer)))),
    ),
  );
  return { parties, channels, pairs, bytes };
}

async function benchOne(world: World, kind: ProductsBench['kind'], voleDealt: boolean): Promise<ProductsBench> {
  const { parties, channels, bytes } = world;
  const banks = parties.length;
  const tuples = lotsFor(pageSize)[kind]!.size;
  const shape: ProductShape = {
    tuples,
    selectors: kind === 'triples' ? 1 : pageSize,
    columns: kind === 'triples' ? 1 : 2,
  };
  const dealt = idealPairs(parties);
  const pairs = world.pairs.map((row, i) =>
    row.map((pair, j) => {
      const ideal = dealt[i][j];
      return pair && ideal && voleDealt ? { ...pair, sharer: ideal.sharer, verifier: ideal.verifier } : pair;
    }),
  );
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    bytes.sent = 0;
    const before = process.cpuUsage();
    const context = utf8(`${kind} ${voleDealt} ${round}`);
    await Promise.all(
      parties.map(party => {
        const options = { party, channel: channels[party.self], pairs: pairs[party.self], random: systemRandom };
        return new ProductLot(options, shape, context).make();
      }),
    );
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000 / tuples);
  }
  const cpuMsEach = times.sort((a, b) => a - b)[Math.floor(rounds / 2)];
  return {
    kind,
    banks,
    pageSize,
    voleDealt,
    lot: tuples,
    cpuMsEach: Math.round(1000 * cpuMsEach) / 1000,
    perCoreSecond: Math.round(1000 / cpuMsEach),
    kilobytesPerBank: Math.round(bytes.sent / tuples / banks / 100) / 10,
  };
}
