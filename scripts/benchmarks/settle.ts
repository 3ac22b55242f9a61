/**
 * The computation of a block: n banks in one process, over channels in memory. Packets are opened and correlations dealt
 * before the clock starts.
 *
 * Preprocessing, packets, disks and the network are not in it: they have figures of their own. All n banks share one core
 * here, so a bank of its own machine does a block in about 1/n of the time.
 */
import { hash, seededRandom } from '../../src/crypto/index.js';
import type { Envelope } from '../../src/envelope/index.js';
import { type Block, type Settled, settle, stockFor } from '../../src/ledger/settle.js';
import { inputLength } from '../../src/operations/index.js';
import type { Stock } from '../../src/preprocessing/index.js';
import {
  admit,
  balancesOf,
  makeWorld,
  openEnvelope,
  settleBlock,
  transferEnvelope,
  type World,
  wavesOf,
} from '../../test/harness/banks.js';
import { memoryNetwork } from '../../test/harness/memory-channel.js';

export interface SettleBench {
  readonly banks: number;
  readonly pageSize: number;
  readonly accounts: number;
  readonly transfersPerBlock: number;
  /** Milliseconds for all n banks together, median; and for all of them to apply it. */
  readonly blockMs: number;
  readonly applyMs: number;
  readonly transfersPerSecond: number;
  /** Processor time of one bank for one transfer, collection of garbage on other cores included. */
  readonly cpuUsPerTransferPerBank: number;
  /** One bank, to all others together. */
  readonly bytesPerTransferPerBank: number;
  readonly messages: number;
  /** VOLE elements of one ordered pair. */
  readonly volePerTransfer: number;
}

export interface SettleCase {
  readonly banks: number;
  readonly pageSize: number;
  /** Of the ledger; what the blocks need where it is left out. */
  readonly accounts?: number;
  readonly blockSizes: readonly number[];
}

const sizes = [1, 32, 256];

/** Every transfer debits a page of its own, so that a block is one wave. Whether a ledger is large must not show. */
export const settleCases: readonly SettleCase[] = [
  { banks: 2, pageSize: 1, blockSizes: sizes },
  { banks: 3, pageSize: 1, blockSizes: sizes },
  { banks: 3, pageSize: 16, blockSizes: sizes },
  { banks: 3, pageSize: 1, accounts: 10_000, blockSizes: [128] },
  { banks: 3, pageSize: 1, accounts: 1_000_000, blockSizes: [128] },
];

const runCount = 15;

export async function benchSettle(cases: readonly SettleCase[] = settleCases): Promise<SettleBench[]> {
  const results: SettleBench[] = [];
  for (const { banks, pageSize, accounts, blockSizes } of cases) {
    const pages = 2 * Math.max(...blockSizes);
    const used = pages * pageSize;
    const balances = Array.from({ length: accounts ?? used }, (_, account) => (account < used ? 1_000_000n : 0n));
    const world = makeWorld({ banks, pageSize, balances });
    const parties = Array.from({ length: pages }, (_, page) => page * pageSize);
    for (let at = 0; at < pages; at += 64) {
      await settleBlock(
        world,
        parties.slice(at, at + 64).map(account => openEnvelope(world, account)),
      );
    }
    for (const size of blockSizes) {
      const envelopes = parties
        .slice(0, size)
        .map((from, i) => transferEnvelope(world, from, parties[size + i], 1n).envelope);
      results.push(await benchBlock(world, envelopes));
    }
    balancesOf(world);
  }
  return results;
}

async function benchBlock(world: World, envelopes: readonly Envelope[]): Promise<SettleBench> {
  const runs: { blockMs: number; applyMs: number; cpuUs: number }[] = [];
  let traffic = { messages: 0, bytesSent: 0 };
  for (let run = 0; run < runCount; run++) {
    const banks = await readyBanks(world, envelopes);
    const [start, before] = [performance.now(), process.cpuUsage()];
    const settled = await Promise.all(banks.map(bank => bank()));
    const blockMs = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    world.states.forEach((state, bank) => {
      state.apply(settled[bank].prepared);
    });
    runs.push({ blockMs, applyMs: performance.now() - start - blockMs, cpuUs: user + system });
    world.height++;
    ({ traffic } = settled[0]);
  }
  const { network, parties } = world;
  const count = envelopes.length;
  const blockMs = median(runs.map(run => run.blockMs));
  return {
    banks: parties.length,
    pageSize: network.pageSize,
    accounts: network.accounts,
    transfersPerBlock: count,
    blockMs: rounded(blockMs),
    applyMs: rounded(median(runs.map(run => run.applyMs))),
    transfersPerSecond: Math.round((1000 * count) / blockMs),
    cpuUsPerTransferPerBank: Math.round(median(runs.map(run => run.cpuUs)) / count / parties.length),
    bytesPerTransferPerBank: Math.round(traffic.bytesSent / count),
    messages: traffic.messages,
    volePerTransfer: inputLength(network, 'transfer'),
  };
}

/** Everything a block needs, so that nothing is left but to run it. */
async function readyBanks(world: World, envelopes: readonly Envelope[]): Promise<(() => Promise<Settled>)[]> {
  const channels = memoryNetwork(world.parties.length);
  const at = world.stocks[0].positions();
  return Promise.all(
    world.states.map(async (state, bank) => {
      const admitted = envelopes.map(envelope => admit(world, bank, envelope));
      const counts = stockFor(
        world.network,
        admitted.map(({ header, share }) => ({ header, length: share.length })),
      );
      const reserved = await world.stocks[bank].reserve(at, counts);
      const stock: Stock = { positions: () => at, reserve: async () => reserved };
      const block: Block = {
        height: world.height + 1,
        attempt: 0,
        context: hash('bench/context', Uint8Array.of(world.height & 255)),
        proposalsDigest: hash('bench/proposals'),
        envelopes: admitted,
        waves: wavesOf(envelopes),
        at,
        balances: async () => {},
      };
      const random = seededRandom(world.random.bytes(32));
      return () => settle(state, stock, channels[bank], random, block);
    }),
  );
}

const rounded = (ms: number): number => Math.round(100 * ms) / 100;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];
