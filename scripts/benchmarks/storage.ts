/**
 * One bank's data folder as it grows: bytes a transfer, what a start costs, and what keeping it small costs. True sharings
 * of made-up transfers, written to LevelDB as a bank writes them; the computation is not in it.
 *
 *     as written   every record's shares, every public record as it was committed
 *     kept         shares folded, public records sealed, after every block
 *
 * Sizes are what so many transfers more add to a folder that has its pages and its newest records already, after LevelDB
 * has compacted it: what is there once does not count.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { openLevelStore } from '../../node/storage/index.js';
import { Sealing } from '../../src/agreement/index.js';
import { Folding } from '../../src/ledger/folding.js';
import { loadLedger } from '../../src/ledger/ledger-store.js';
import { foldedHeightsMax } from '../../src/limits.js';
import type { Store, StoreOp } from '../../src/ports.js';
import { makeWorld, type World } from '../../test/harness/banks.js';
import { GrowingLedger } from '../../test/harness/ledgers.js';

export interface StorageBench {
  readonly banks: number;
  readonly pageSize: number;
  readonly transfersPerBlock: number;
  readonly writtenMBPerMillion: number;
  readonly keptMBPerMillion: number;
  /** Milliseconds to open a folder after a third of the transfers, and after all. */
  readonly startWrittenMs: string;
  readonly startKeptMs: string;
  /** Median and longest, what is read and made and its commit. */
  readonly foldStepMs: string;
  readonly sealStepMs: string;
  /** Folding and sealing together. */
  readonly upkeepUsPerTransfer: number;
}

/** Few enough that all are touched before anything is measured. */
const pages = 256;

/** Blocks of one third: a multiple of what one step folds, so that as much waits to be folded at every measurement. */
const cases = [
  { pageSize: 1, transfersPerBlock: 1, blocks: 16 * foldedHeightsMax },
  { pageSize: 1, transfersPerBlock: 64, blocks: 3 * foldedHeightsMax },
  { pageSize: 16, transfersPerBlock: 1, blocks: 16 * foldedHeightsMax },
  { pageSize: 16, transfersPerBlock: 64, blocks: 3 * foldedHeightsMax },
] as const;

type Case = { readonly pageSize: number; readonly transfersPerBlock: number; readonly blocks: number };

interface Grown {
  readonly bytesPerTransfer: number;
  readonly startMs: readonly number[];
  readonly foldMs: readonly number[];
  readonly sealMs: readonly number[];
}

export async function benchStorage(): Promise<StorageBench[]> {
  const results: StorageBench[] = [];
  for (const each of cases) {
    const { pageSize, transfersPerBlock, blocks } = each;
    const balances = Array.from({ length: pages * pageSize }, () => 1_000_000n);
    const world = makeWorld({ banks: 3, pageSize, balances });
    const written = await grow(world, each, false);
    const kept = await grow(world, each, true);
    const upkeepMs = [...kept.foldMs, ...kept.sealMs].reduce((a, b) => a + b, 0);
    results.push({
      banks: 3,
      pageSize,
      transfersPerBlock,
      writtenMBPerMillion: Math.round(written.bytesPerTransfer),
      keptMBPerMillion: Math.round(kept.bytesPerTransfer),
      startWrittenMs: written.startMs.map(Math.round).join(', '),
      startKeptMs: kept.startMs.map(Math.round).join(', '),
      foldStepMs: spread(kept.foldMs),
      sealStepMs: spread(kept.sealMs),
      upkeepUsPerTransfer: Math.round((1_000 * upkeepMs) / (3 * blocks * transfersPerBlock)),
    });
  }
  return results;
}

/** The second and the last third are what is measured. */
async function grow(world: World, { transfersPerBlock, blocks }: Case, keeping: boolean): Promise<Grown> {
  const { network, parties } = world;
  const folder = mkdtempSync(join(tmpdir(), 'covault-bench-'));
  const times = { foldMs: [] as number[], sealMs: [] as number[] };
  const [bytes, startMs]: number[][] = [[], []];
  let store = await openLevelStore(folder, { networkId: network.id });
  const ledger = new GrowingLedger({ network, parties, stores: [store] });
  try {
    for (let third = 0; third < 3; third++) {
      const folding = new Folding(store, await loadLedger(store, network, parties[0]));
      const sealing = await Sealing.open(store);
      for (let block = 0; block < blocks; block++) {
        const [prepared] = await ledger.grow(transfersPerBlock);
        folding.committed(prepared, ledger.states[0].stateHash);
        if (!keeping) continue;
        await timed(times.foldMs, store, () => folding.next());
        await timed(times.sealMs, store, () => sealing.next(prepared.height));
      }
      await store.close();
      await compact(folder);
      bytes.push(folderBytes(folder));
      store = await openLevelStore(folder, { networkId: network.id });
      ledger.stores[0] = store;
      const start = performance.now();
      await loadLedger(store, network, parties[0]);
      startMs.push(performance.now() - start);
    }
    return {
      bytesPerTransfer: (bytes[2] - bytes[0]) / (2 * blocks * transfersPerBlock),
      startMs: [startMs[0], startMs[2]],
      ...times,
    };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

/** One step, if one is due. */
async function timed(
  ms: number[],
  store: Store,
  next: () => Promise<{ readonly ops: readonly StoreOp[]; done(): void } | undefined>,
): Promise<void> {
  const start = performance.now();
  const step = await next();
  if (!step) return;
  await store.commit(step.ops);
  step.done();
  ms.push(performance.now() - start);
}

async function compact(folder: string): Promise<void> {
  const db = new ClassicLevel<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' });
  await db.open();
  await db.compactRange(Uint8Array.of(0), Uint8Array.of(255));
  await db.close();
}

const folderBytes = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

function spread(ms: readonly number[]): string {
  const sorted = [...ms].sort((a, b) => a - b);
  const shown = [sorted[sorted.length >> 1] ?? 0, sorted[sorted.length - 1] ?? 0];
  return shown.map(value => value.toFixed(1)).join(', ');
}
