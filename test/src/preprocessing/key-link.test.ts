/** Keys stay the same from session to session, or the bank is named. */
import test from 'ava';
import { commit, hash, prgVec } from '../../../src/crypto/index.js';
import { addScaledInto, decodeVec, encodeVec, fp, type Vec } from '../../../src/field/index.js';
import { linkStockCount } from '../../../src/limits.js';
import type { Randomness } from '../../../src/ports.js';
import { type Conversation, kinds } from '../../../src/preprocessing/conversation.js';
import { LinkSharer, LinkVerifier } from '../../../src/preprocessing/key-link.js';
import { LinkStock } from '../../../src/preprocessing/link-stock.js';
import type { OnFrame } from '../../harness/memory-channel.js';
import { type MemoryStore, memoryStore, type OnCommit } from '../../harness/memory-store.js';
import { flip, reason, seeded, tamper, twoBanks } from './talks.js';

const [D, other] = [0x123456789abcdn, 0x77777777777n];
const prefix = Uint8Array.of(9);
const context = new Uint8Array(32);
let sessions = 0;

/** Bank 0 shares, bank 1 verifies. */
interface World {
  sharer: MemoryStore;
  verifier: MemoryStore;
}
const newWorld = (): World => ({ sharer: memoryStore(), verifier: memoryStore() });
const stocks = (world: World) => [new LinkStock(world.sharer, prefix), new LinkStock(world.verifier, prefix)] as const;

/** VOLE from a dealer, fresh for every session, under the key the verifier uses in it. */
function deal(key: bigint) {
  const seed = hash('test', Uint8Array.of(sessions++));
  const stream = (part: number, count: number) => prgVec(hash('test', seed, Uint8Array.of(part)), count);
  return {
    sharer: {
      async extend(count: number) {
        const tag = stream(1, count);
        addScaledInto(tag, stream(0, count), key);
        return { u: stream(0, count), tag };
      },
      wipe() {},
    },
    verifier: { extend: async (count: number) => stream(1, count), wipe() {} },
  };
}

interface Cheats {
  onFrame?: OnFrame;
  /** The key that the verifier's VOLE of this session is under, and what it checks with. */
  key?: bigint;
  Sharer?: typeof LinkSharer;
  Verifier?: typeof LinkVerifier;
  mayStartFresh?: boolean;
  sharerLinks?: LinkStock;
  /** In place of the verifier's half. */
  instead?: (talk: Conversation, Q: Vec) => Promise<void>;
}

/** One session's link between the two. */
async function session(world: World, o: Cheats = {}) {
  const { talks, run } = twoBanks(o.onFrame);
  const [sharerLinks, verifierLinks] = stocks(world);
  const random: Randomness = seeded(`session ${sessions}`);
  const { sharer, verifier } = deal(o.key ?? D);
  const common = { context, random };
  const half = new (o.Sharer ?? LinkSharer)({ ...common, talk: talks[0], links: o.sharerLinks ?? sharerLinks });
  const otherHalf = new (o.Verifier ?? LinkVerifier)({ ...common, talk: talks[1], links: verifierLinks });
  return run(
    half.run(sharer, o.mayStartFresh ?? false),
    o.instead?.(talks[1], await verifier.extend(2 * linkStockCount)) ?? otherHalf.run(verifier, o.key ?? D),
  );
}

const passed = (halves: PromiseSettledResult<void>[]) => halves.every(half => half.status === 'fulfilled');

/** A world in which the first stock stands. */
async function met(): Promise<World> {
  const world = newWorld();
  await session(world, { mayStartFresh: true });
  return world;
}

/** Numbers at both ends; fails where T is not Q + D*w. */
async function numbers(world: World): Promise<{ sharer: number[]; verifier: number[] }> {
  const [sharer, verifier] = stocks(world);
  const held = (await sharer.held(1))?.elements ?? [];
  const keys = (await verifier.keys(0))?.keys ?? [];
  for (const { number, w, T } of held) {
    const key = keys.find(each => each.number === number);
    if (key !== undefined && fp.add(key.Q, fp.mul(D, w)) !== T) throw new Error(`element ${number} is not one`);
  }
  return { sharer: held.map(each => each.number), verifier: keys.map(each => each.number) };
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k);

test('a fresh start fills the stock at both ends', async t => {
  t.deepEqual(await numbers(await met()), { sharer: range(0, 64), verifier: range(0, 64) });
});

test('every session spends one element and fills the stock again', async t => {
  const world = await met();
  for (let k = 1; k <= 3; k++) {
    t.true(passed(await session(world)));
    t.deepEqual(await numbers(world), { sharer: range(k, 64 + k), verifier: range(k, 64 + k) });
  }
});

class Shameless extends LinkVerifier {
  protected override holds(): boolean {
    return true;
  }
}

test('a verifier that uses another key and opens all the same is named', async t => {
  const [sharer] = await session(await met(), { key: other, Verifier: Shameless });
  t.like(reason(sharer), { code: 'DEVIATION', culprit: 1 });
});

test('canary: a sharer that does not compare lets another key in', async t => {
  class Gullible extends LinkSharer {
    protected override holds(): boolean {
      return true;
    }
  }
  t.true(passed(await session(await met(), { key: other, Verifier: Shameless, Sharer: Gullible })));
});

test('a verifier that finds the values different opens nothing', async t => {
  let opened = false;
  const onFrame: OnFrame = (_from, _to, frame) => {
    opened ||= frame[0] === kinds.linkReply;
    return frame;
  };
  const [, verifier] = await session(await met(), { key: other, onFrame });
  t.like(reason(verifier), { code: 'DEVIATION', culprit: 0 });
  t.false(opened);
});

for (const [what, kind, from, at] of [
  ['difference e', kinds.linkOffer, 0, 1 + 1 + 16 + 8],
  ['commitment of the sharer', kinds.linkOffer, 0, 1 + 40],
  ['opened value of the sharer', kinds.linkOpening, 0, 1],
  ['opening of the sharer', kinds.linkOpening, 0, 20],
  ['commitment of the verifier', kinds.linkAnswer, 1, 1],
  ['opened value of the verifier', kinds.linkReply, 1, 1],
  ['opening of the verifier', kinds.linkReply, 1, 20],
] as const) {
  test(`a changed ${what} names its sender`, async t => {
    const halves = await session(await met(), { onFrame: tamper(from, kind, flip(at)) });
    t.like(reason(halves[1 - from]), { code: 'DEVIATION', culprit: from });
  });
}

test('canary: a verifier that does not compare would take a wrong element', async t => {
  const world = await met();
  const [links] = stocks(world);
  const stock = (await links.held(1))!;
  const [first, ...rest] = stock.elements;
  await links.keep(1, { ...stock, elements: [{ ...first, T: fp.add(first.T, 1n) }, ...rest] });
  const before = { sharer: world.sharer.fork(), verifier: world.verifier.fork() };
  t.like(reason((await session(before))[1]), { code: 'DEVIATION', culprit: 0 });
  class Gullible extends LinkVerifier {
    protected override holds(O: Uint8Array, V: Uint8Array): boolean {
      V.set(O);
      return true;
    }
  }
  t.not(reason((await session(world, { Verifier: Gullible }))[1]).culprit, 0);
});

test('the element is durably spent before anything is opened', async t => {
  const world = await met();
  let spentAt: MemoryStore | undefined;
  const onFrame: OnFrame = (_from, _to, frame) => {
    if (frame[0] === kinds.linkOpening) spentAt = world.sharer.fork();
    return frame;
  };
  t.true(passed(await session(world, { onFrame })));
  const held = await new LinkStock(spentAt!, prefix).held(1);
  t.deepEqual(
    held?.elements.map(each => each.number),
    range(1, 64),
  );
});

test('after a verifier that hung up, and after a crash, the next element serves', async t => {
  const world = await met();
  const hangUp: OnFrame = tamper(0, kinds.linkOpening, () => {
    throw new Error('gone');
  });
  t.false(passed(await session(world, { onFrame: hangUp })));
  t.deepEqual((await numbers(world)).sharer, range(1, 64));
  const [links] = stocks(world);
  t.deepEqual(await t.throwsAsync(links.spend(1, 0)).then(error => error instanceof Error), true);
  t.true(passed(await session(world)));
  t.deepEqual(await numbers(world), { sharer: range(2, 66), verifier: range(2, 66) });
});

/**
 * The attack that spending stops: in one session another key, and hang up with what the sharer opened; in the next, another
 * key again, and pass, because w is known by then.
 */
async function learnThenPass(world: World, sharerLinks: LinkStock) {
  const [, links] = stocks(world);
  const { keys, epoch } = (await links.keys(0))!;
  const Qw = keys[0].Q;
  let w = 0n;
  const offerOf = (frame: Uint8Array) => ({ e: decodeVec(frame.slice(25, 33))[0], bound: frame.slice(1, 33) });
  const learn = async (talk: Conversation, Q: Vec) => {
    const { e } = offerOf(await talk.receive('linkOffer'));
    await talk.send('linkAnswer', new Uint8Array(32));
    const O = decodeVec((await talk.receive('linkOpening')).slice(0, 8))[0];
    // O = Qw + D*w - Q - other*(w - e)
    const known = fp.add(fp.sub(Qw, Q[0]), fp.mul(other, e));
    w = fp.mul(fp.sub(O, known), fp.inv(fp.sub(D, other)));
    throw new Error('hangs up');
  };
  const pass = async (talk: Conversation, Q: Vec) => {
    const { e, bound } = offerOf(await talk.receive('linkOffer'));
    const fresh = fp.add(Q[0], fp.mul(other, fp.sub(w, e)));
    const V = encodeVec(BigUint64Array.of(fp.sub(fp.add(Qw, fp.mul(D, w)), fresh)));
    const bindTo = hash('covault/key-link', context, bound);
    const { commitment, opening } = commit('covault/key-link/verifier', bindTo, V, seeded('cheat'));
    await talk.send('linkAnswer', commitment);
    await talk.receive('linkOpening');
    await talk.send('linkReply', Uint8Array.of(...V, ...opening));
    await talk.receive('linkRefill');
    await talk.send('linkConfirmation', new Uint8Array(0));
  };
  await session(world, { key: other, sharerLinks, instead: learn });
  const [sharer] = await session(world, { key: other, sharerLinks, instead: pass });
  return { sharer, epoch };
}

test('a verifier that changed its key, hung up and returns with what it learned is named', async t => {
  const world = await met();
  const { sharer } = await learnThenPass(world, stocks(world)[0]);
  t.like(reason(sharer), { code: 'DEVIATION', culprit: 1 });
});

test('canary: with an element used twice that verifier passes', async t => {
  class Forgetful extends LinkStock {
    override async spend(): Promise<void> {}
  }
  const world = await met();
  const { sharer } = await learnThenPass(world, new Forgetful(world.sharer, prefix));
  t.is(sharer.status, 'fulfilled');
});

test('a number that the verifier lacks costs the element and no more', async t => {
  const world = await met();
  const [, links] = stocks(world);
  const stock = (await links.keys(0))!;
  await links.keepKeys(0, { ...stock, keys: stock.keys.filter(({ number }) => number > 2) });
  t.true(passed(await session(world)));
  t.deepEqual(await numbers(world), { sharer: range(4, 68), verifier: range(4, 68) });
});

test('a verifier that lost its keys halts the pair, whatever its peer may do', async t => {
  for (const mayStartFresh of [false, true]) {
    const world = { ...(await met()), verifier: memoryStore() };
    const halves = await session(world, { mayStartFresh });
    for (const half of halves) t.is(reason(half).code, 'LINK_STOCK_EMPTY');
    t.deepEqual((await numbers(world)).sharer, []);
    const again = await session(world, { mayStartFresh });
    t.is(reason(again[0]).code, 'LINK_STOCK_EMPTY', 'and it stays halted');
  }
});

test('a sharer without a stock that may not start afresh halts the pair', async t => {
  const halves = await session(newWorld());
  for (const half of halves) t.is(reason(half).code, 'LINK_STOCK_EMPTY');
});

test('a sharer without a stock that may starts afresh, and whatever key there is counts from then on', async t => {
  const world = { ...(await met()), sharer: memoryStore() };
  t.true(passed(await session(world, { key: other, mayStartFresh: true })));
  t.true(passed(await session(world, { key: other })));
});

/** Fails the commit of that number, from 1. */
function failing(which: number): OnCommit {
  let seen = 0;
  return () => {
    if (++seen === which) throw new Error('crash');
  };
}

test('a crash between the two first stores leads to a fresh start under a new epoch', async t => {
  const world = { sharer: memoryStore(failing(1)), verifier: memoryStore() };
  t.false(passed(await session(world, { mayStartFresh: true })));
  t.deepEqual(await numbers(world), { sharer: [], verifier: range(0, 64) });
  const before = (await stocks(world)[1].keys(0))!.epoch;
  t.true(passed(await session(world, { mayStartFresh: true })));
  t.deepEqual(await numbers(world), { sharer: range(0, 64), verifier: range(0, 64) });
  t.notDeepEqual((await stocks(world)[1].keys(0))!.epoch, before);
  t.true(passed(await session(world)));
});

test('a crash of the verifier before its first store leads to a fresh start', async t => {
  const world = { sharer: memoryStore(), verifier: memoryStore(failing(1)) };
  t.false(passed(await session(world, { mayStartFresh: true })));
  t.deepEqual(await numbers(world), { sharer: [], verifier: [] });
  t.true(passed(await session(world, { mayStartFresh: true })));
});

test('a crash between the two stores of a refill costs nothing but the spent element', async t => {
  const first = await met();
  const copy = (store: MemoryStore, onCommit: OnCommit) => {
    const inner = store.fork();
    return {
      ...inner,
      async commit(ops) {
        await onCommit(ops);
        await inner.commit(ops);
      },
    } as MemoryStore;
  };
  // the sharer's second commit is the refill's; the verifier's first drops the spent key, its second is the refill's
  for (const [sharer, verifier] of [
    [2, 0],
    [0, 2],
  ]) {
    const world = { sharer: copy(first.sharer, failing(sharer)), verifier: copy(first.verifier, failing(verifier)) };
    t.false(passed(await session(world)));
    t.true(passed(await session(world)));
    t.deepEqual(await numbers(world), { sharer: range(2, 66), verifier: range(2, 66) });
  }
});

test('a refill beyond a stock, or of another epoch, names the sharer', async t => {
  for (const at of [1, 1 + 16 + 8 + 8]) {
    const [, verifier] = await session(await met(), { onFrame: tamper(0, kinds.linkRefill, flip(at, 7)) });
    t.like(reason(verifier), { code: 'DEVIATION', culprit: 0 });
  }
});

test('a damaged stock is said to be damaged', async t => {
  const world = await met();
  const links = new LinkStock({ ...world.sharer, get: async () => Uint8Array.of(1, 2, 3) }, prefix);
  await t.throwsAsync(links.held(1), { code: 'STORE_DAMAGED' });
  await t.throwsAsync(links.keys(1), { code: 'STORE_DAMAGED' });
});
