/** Stocks of n banks over ideal pairs, in small lots, and what their elements must fulfil; for the tests of this folder. */
import { inner, mulVec, subVec, type Vec, vec } from '../../../src/field/index.js';
import type { Log } from '../../../src/ports.js';
import {
  type Lots,
  type Positions,
  type Reserved,
  SessionStock,
  type SessionStockOptions,
  type StockCounts,
} from '../../../src/preprocessing/index.js';
import type { Party, Shares } from '../../../src/sharing/index.js';
import { makeParties, reconstruct } from '../../harness/dealer.js';
import { idealPairs } from '../../harness/ideal-pairs.js';
import { memoryNetwork, type OnFrame } from '../../harness/memory-channel.js';
import { seeded } from './talks.js';

export const smallLots: Lots = {
  vole: { size: 50, low: 60, high: 120, max: 400 },
  triples: { size: 5, low: 4, high: 8, max: 40 },
  selections: { size: 3, low: 3, high: 4, max: 20 },
};

export const positions = (vole: number, triples = 0, selections = 0): Positions => ({ vole, triples, selections });

export interface World {
  readonly banks: number;
  readonly pageSize?: number;
  readonly lots?: Lots;
  readonly onFrame?: OnFrame;
  readonly of?: (bank: number) => Partial<SessionStockOptions>;
}

export function makeStocks({ banks, pageSize = 3, lots = smallLots, onFrame, of = () => ({}) }: World) {
  const parties = makeParties(banks, seeded('keys'));
  const channels = memoryNetwork(banks, onFrame);
  const pairs = idealPairs(parties);
  const warnings: string[] = [];
  const log: Log = { info: () => {}, warn: event => warnings.push(event) };
  const stocks = parties.map(
    party =>
      new SessionStock({
        party,
        channel: channels[party.self],
        sessionId: new Uint8Array(32).fill(1),
        random: seeded(`bank ${party.self}`),
        network: { pageSize },
        log,
        lots: pageSize === 1 ? { vole: lots.vole! } : lots,
        pairs: pairs[party.self],
        ...of(party.self),
      }),
  );
  const close = () => {
    for (const stock of stocks) stock.close();
    channels[0].close();
  };
  const reserve = (at: Positions, counts: StockCounts) => Promise.all(stocks.map(stock => stock.reserve(at, counts)));
  return { parties, channels, stocks, warnings, close, reserve };
}

/** The first relation of section 4 that does not hold, or nothing. */
export function broken(parties: readonly Party[], reserved: readonly Reserved[], K: number, counts: StockCounts) {
  const isZero = (v: Vec) => v.every(element => element === 0n);
  for (const { self: j, deltas } of parties) {
    for (const { self: i } of parties) {
      if (i === j) continue;
      const { u, tag } = reserved[i].sharer[j];
      const due = mulVec(u, vec(Array.from(u, () => deltas[i])));
      if (u.length !== counts.vole) return 'vole count';
      if (!isZero(subVec(subVec(tag, reserved[j].verifier[i]), due))) return 'vole';
    }
  }
  const open = (of: (r: Reserved) => Shares) => reconstruct(parties, reserved.map(of));
  const [alpha, beta] = [open(r => r.triples.alpha), open(r => r.triples.beta)];
  if (alpha.length !== counts.triples) return 'triples count';
  if (
    !isZero(
      subVec(
        mulVec(alpha, beta),
        open(r => r.triples.product),
      ),
    )
  )
    return 'triples';
  const u = open(r => r.selections.u);
  if (u.length !== counts.selections * K) return 'selections count';
  for (const c of [0, 1]) {
    const [M, z] = [open(r => r.selections.masks[c]), open(r => r.selections.products[c])];
    if (z.length !== counts.selections) return 'products count';
    for (let b = 0; b < z.length; b++) {
      const cut = (v: Vec) => v.subarray(b * K, (b + 1) * K);
      if (inner(cut(u), cut(M)) !== z[b]) return 'selections';
    }
  }
  return undefined;
}
