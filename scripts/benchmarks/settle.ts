/**
 * The computation of a block, packets opened included: n banks in one process, over channels in memory, on correlations
 * dealt as they are needed (the dealing is in the time).
 *
 * Preprocessing, disks and the network are not in it: they have figures of their own. All n banks share one core here, so
 * a bank of its own machine does a block in about 1/n of the time.
 */
import type { Envelope } from '../../src/envelope/index.js';
import { inputLength } from '../../src/operations/index.js';
import {
  balancesOf,
  makeWorld,
  openEnvelope,
  runBlock,
  settleBlock,
  transferEnvelope,
  type World,
} from '../../test/harness/banks.js';

export interface SettleBench {
  readonly banks: number;
  readonly pageSize: number;
  readonly transfersPerBlock: number;
  /** Milliseconds for all n banks together, median. */
  readonly blockMs: number;
  readonly transfersPerSecond: number;
  /** One bank, to all others together. */
  readonly bytesPerTransferPerBank: number;
  readonly messages: number;
  /** VOLE elements of one ordered pair. */
  readonly volePerTransfer: number;
}

const cases = [
  [2, 1],
  [3, 1],
  [3, 16],
] as const;

export async function benchSettle(blockSizes: readonly number[] = [1, 32]): Promise<SettleBench[]> {
  const results: SettleBench[] = [];
  for (const [banks, pageSize] of cases) {
    // every transfer debits a page of its own, so that a block is one wave
    const pages = 2 * Math.max(...blockSizes);
    const world = makeWorld({ banks, pageSize, balances: Array.from({ length: pages * pageSize }, () => 1_000_000n) });
    const accounts = Array.from({ length: pages }, (_, page) => page * pageSize);
    for (let at = 0; at < pages; at += 64) {
      await settleBlock(
        world,
        accounts.slice(at, at + 64).map(account => openEnvelope(world, account)),
      );
    }
    for (const size of blockSizes) results.push(await benchBlock(world, accounts, size));
    balancesOf(world);
  }
  return results;
}

async function benchBlock(world: World, accounts: readonly number[], size: number): Promise<SettleBench> {
  const times: number[] = [];
  let traffic = { messages: 0, bytesSent: 0 };
  for (let run = 0; run < 7; run++) {
    const envelopes: Envelope[] = [];
    for (let i = 0; i < size; i++) {
      envelopes.push(transferEnvelope(world, accounts[i], accounts[size + i], 1n).envelope);
    }
    const start = performance.now();
    const [first] = await runBlock(world, envelopes);
    times.push(performance.now() - start);
    if (first.status === 'rejected') throw first.reason;
    traffic = first.value.traffic;
  }
  const blockMs = times.sort((a, b) => a - b)[times.length >> 1];
  const { pageSize } = world.network;
  return {
    banks: world.parties.length,
    pageSize,
    transfersPerBlock: size,
    blockMs: Math.round(100 * blockMs) / 100,
    transfersPerSecond: Math.round((1000 * size) / blockMs),
    bytesPerTransferPerBank: Math.round(traffic.bytesSent / size),
    messages: traffic.messages,
    volePerTransfer: inputLength(world.network, 'transfer'),
  };
}
