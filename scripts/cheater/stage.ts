/**
 * What every play begins with: disks of n banks on which six accounts have been opened, made once for each number of banks,
 * page size and kind of stock; and the shapes of all messages that the protocol allows in a block of such a network.
 */
import { hash, seededRandom, utf8 } from '../../src/crypto/index.js';
import { encodeEnvelope } from '../../src/envelope/index.js';
import type { Channel } from '../../src/ports.js';
import { LinkStock, openStock } from '../../src/preprocessing/index.js';
import type { Lots } from '../../src/preprocessing/lots.js';
import { warmUp } from '../../src/preprocessing/pair.js';
import {
  auditEnvelope,
  makeWorld,
  openEnvelope,
  revealEnvelope,
  runBlock,
  settleBlock,
  transferEnvelope,
} from '../../test/harness/banks.js';
import type { MemoryStore } from '../../test/harness/memory-store.js';
import { type NetworkOptions, NetworkWorld, silent } from '../../test/harness/network.js';
import { smallLpn } from '../../test/harness/small-lpn.js';
import { toyGroup } from '../../test/harness/toy-group.js';
import { Ticker } from './ticker.js';
import { VirtualClock } from './virtual-clock.js';
import { takeRoundsApart } from './wire-rounds.js';

export const startBalances = [100n, 200n, 300n, 0n, 0n, 0n];
export const accounts = startBalances.map((_, account) => account);

/** The test dealer's, or what the banks make themselves: over ristretto255, or over a toy group where base OTs are not the subject. */
export type StockKind = 'dealt' | 'made' | 'made over a toy group';

export interface Stage {
  readonly banks: number;
  readonly pageSize: number;
  readonly stock: StockKind;
  readonly disks: readonly MemoryStore[];
  /** Of an honest bank's messages in one block: see `shapeOf`. */
  readonly shapes: readonly (readonly string[])[];
}

const stages = new Map<string, Promise<Stage>>();

export function stageOf(banks: number, pageSize: number, stock: StockKind): Promise<Stage> {
  const name = `${banks}/${pageSize}/${stock}`;
  const known = stages.get(name) ?? makeStage(banks, pageSize, stock);
  stages.set(name, known);
  return known;
}

async function makeStage(banks: number, pageSize: number, stock: StockKind): Promise<Stage> {
  await warmUp(); // what it waits for takes real time, and then never again
  const clock = new VirtualClock();
  const ticker = new Ticker(clock);
  const world = new NetworkWorld({
    ...worldOptions(banks, pageSize, stock, 'stage'),
    clock,
    onFrame: (_from, _to, _use, frame) => {
      ticker.moved();
      return frame;
    },
  });
  await world.startAll();
  const ids: Uint8Array[] = [];
  for (const account of accounts) ids.push(await world.bank(0).submit(encodeEnvelope(openEnvelope(world, account))));
  await ticker.run(10 * 60_000, async () => {
    const states = await Promise.all(world.banks.flatMap(bank => ids.map(id => bank?.envelope(id))));
    return states.every(state => state?.state === 'final');
  });
  await world.stopAll();
  return { banks, pageSize, stock, disks: world.stores as MemoryStore[], shapes: await shapesOf(pageSize) };
}

/** `seed`: of everything the banks draw. */
export function worldOptions(banks: number, pageSize: number, stock: StockKind, seed: string): NetworkOptions {
  return {
    banks,
    pageSize,
    balances: startBalances,
    amountBits: 10,
    log: silent,
    random: bank => seededRandom(hash('cheater/bank', utf8(`${seed} ${bank}`))),
    ...(stock === 'dealt' ? {} : { openStock: madeStock(stock, seed) }),
  };
}

const lotOf = (size: number) => ({ size, low: size, high: 2 * size, max: 8_000 });
const lots = (pageSize: number): Lots => ({
  vole: lotOf(1_500),
  ...(pageSize > 1 ? { triples: lotOf(2), selections: lotOf(2) } : {}),
});

/** As a started bank makes it, in small lots. */
function madeStock(stock: StockKind, seed: string): NonNullable<NetworkOptions['openStock']> {
  return (world, bank, sessionId, channel: Channel, mayStartFresh, deviated) =>
    openStock({
      party: world.parties[bank],
      network: world.network,
      channel,
      sessionId,
      random: seededRandom(hash('cheater/stock', utf8(`${seed} ${bank}`), sessionId)),
      links: new LinkStock(world.stores[bank], utf8('links/')),
      mayStartFresh,
      deviated,
      lpn: smallLpn,
      lots: lots(world.network.pageSize),
      ...(stock === 'made over a toy group' ? { group: toyGroup } : {}),
    });
}

/**
 * Lengths of what an honest bank broadcasts, says to one and opens, message by message, in every block made of a transfer, a
 * reveal and an audit, each of them there or not, rejected or not. They do not depend on the number of banks.
 */
async function shapesOf(pageSize: number): Promise<string[][]> {
  const world = makeWorld({ banks: 2, pageSize, balances: startBalances, amountBits: 10 });
  await settleBlock(
    world,
    accounts.map(account => openEnvelope(world, account)),
  );
  const make = [
    () => revealEnvelope(world, 2).envelope,
    () => transferEnvelope(world, 0, 4, 30n).envelope,
    () => auditEnvelope(world),
  ];
  const found: string[][] = [];
  for (let which = 0; which < 3 ** make.length; which++) {
    const of = make.map((_, k) => Math.floor(which / 3 ** k) % 3); // absent, spoiled, sound
    const envelopes = make.filter((_, k) => of[k] > 0).map(build => build());
    const spoiled = of.filter(state => state > 0).map(state => state === 1);
    const shapes: string[] = [];
    await runBlock(world, envelopes, {
      channel: (channel, bank) => ({
        self: channel.self,
        count: channel.count,
        receive: from => channel.receive(from),
        send: (to, frame) => {
          if (bank === 0) shapes.push(takeRoundsApart(frame).shape);
          return channel.send(to, frame);
        },
      }),
      admitted: (admitted, bank, e) =>
        bank === 0 && spoiled[e] ? { ...admitted, share: admitted.share.map(x => (x === 0n ? 1n : x - 1n)) } : admitted,
    });
    found.push(shapes);
  }
  return found;
}
