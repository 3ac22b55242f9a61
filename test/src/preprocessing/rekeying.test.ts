/** Re-keying of a pair: what stands under the old keys stands under the new ones, or who changed it is named. */
import test from 'ava';
import { prgVec } from '../../../src/crypto/index.js';
import { addScaledInto, concatVec, fp, type Vec } from '../../../src/field/index.js';
import { linkStockCount } from '../../../src/limits.js';
import { kinds } from '../../../src/preprocessing/conversation.js';
import { LinkStock } from '../../../src/preprocessing/link-stock.js';
import { openPair } from '../../../src/preprocessing/pair.js';
import { type Rekeyed, RekeyVerifier, rekeyPair } from '../../../src/preprocessing/rekeying.js';
import { memoryNetwork, type OnFrame } from '../../harness/memory-channel.js';
import { memoryStore } from '../../harness/memory-store.js';
import { smallLpn } from '../../harness/small-lpn.js';
import { both, reason, seeded, values } from './talks.js';

const length = 7;
/** By bank, towards the other. */
const oldKeys = [0x123456789abn, 0x77777777777n];
const newKeys = [0x1fedcba98765n, 0x31415926535n];

/** T = Q + D*x */
function tagsOf(x: Vec, Q: Vec, D: bigint): Vec {
  const tag = Q.slice();
  addScaledInto(tag, x, D);
  return tag;
}

/** Two banks that have opened a session once: with stocks under the old keys, and shares of seven values. */
async function world() {
  const stores = [memoryStore(), memoryStore()];
  const links = stores.map(store => new LinkStock(store, Uint8Array.of(1)));
  let sessions = 0;
  const open = (keys: readonly bigint[]) => {
    const channels = memoryNetwork(2);
    const session = ++sessions;
    const half = (self: number) =>
      openPair({
        party: { self, count: 2, deltas: self === 0 ? [0n, keys[0]] : [keys[1], 0n] },
        peer: 1 - self,
        channel: channels[self],
        sessionId: new Uint8Array(32).fill(session),
        random: seeded(`open ${session} ${self}`),
        links: links[self],
        mayStartFresh: session === 1,
        lpn: smallLpn,
      });
    return both(channels[0].close, half(0), half(1));
  };
  values(await open(oldKeys));
  const x = [0, 1].map(bank => prgVec(new Uint8Array(16).fill(bank), length));
  /** Q[j]: of bank j, for the other's shares. */
  const Q = [0, 1].map(bank => prgVec(new Uint8Array(16).fill(9 + bank), length));
  const shares = [0, 1].map(self => ({
    value: x[self],
    tag: tagsOf(x[self], Q[1 - self], oldKeys[1 - self]),
    key: Q[self],
  }));
  const rekey = (onFrame?: OnFrame, over: { readonly shares?: typeof shares } = {}) => {
    const channels = memoryNetwork(2, onFrame);
    const session = ++sessions;
    const half = (self: number) =>
      rekeyPair({
        peer: 1 - self,
        channel: channels[self],
        sessionId: new Uint8Array(32).fill(session),
        random: seeded(`rekey ${session} ${self}`),
        links: links[self],
        oldKey: oldKeys[self],
        newKey: newKeys[self],
        ...(over.shares ?? shares)[self],
      });
    return both(channels[0].close, half(0), half(1));
  };
  const keep = async (both: readonly Rekeyed[]) => {
    for (const [self, { held, keys }] of both.entries()) {
      await links[self].keep(1 - self, held);
      await links[self].keepKeys(1 - self, keys);
    }
  };
  return { links, x, shares, open, rekey, keep };
}

/** Changes what bank 0 says in the first frame of a kind. */
function changed(kind: keyof typeof kinds, change: (body: Uint8Array) => void): OnFrame {
  let left = 1;
  return (from, _to, frame) => {
    if (from !== 0 || frame[0] !== kinds[kind] || left === 0) return frame;
    left--;
    const copy = frame.slice();
    change(copy.subarray(1));
    return copy;
  };
}

test('all tags verify under the new keys, and none under the old; the new link stocks do too', async t => {
  const w = await world();
  const done = values(await w.rekey());
  for (const i of [0, 1]) {
    const j = 1 - i;
    t.deepEqual(done[i].tag, tagsOf(w.x[i], done[j].key, newKeys[j]));
    t.notDeepEqual(done[i].tag, tagsOf(w.x[i], done[j].key, oldKeys[j]));
    t.notDeepEqual(done[i].tag, w.shares[i].tag);
    const { held } = done[i];
    const { keys } = done[j];
    t.deepEqual(held.epoch, keys.epoch);
    t.is(held.elements.length, linkStockCount);
    for (const [own, theirs] of [
      [held.elements, keys.keys],
      [held.reserved, keys.reserved],
    ] as const) {
      t.deepEqual(
        own.map(({ number, w: u, T }) => ({ number, Q: fp.sub(T, fp.mul(newKeys[j], u)) })),
        theirs.map(({ number, Q }) => ({ number, Q })),
      );
    }
  }
  await w.keep(done);
  t.true(
    (await w.open(newKeys)).every(({ status }) => status === 'fulfilled'),
    'the next session links to them',
  );
});

test('with another key than it re-keyed to, a bank opens no session', async t => {
  const w = await world();
  await w.keep(values(await w.rekey()));
  const ends = await w.open([newKeys[0], oldKeys[1]]);
  t.true(ends.some(end => reason(end).code === 'DEVIATION'));
  t.true(ends.every(({ status }) => status === 'rejected'));
});

test('a bank that puts other values under the new key is named, whatever it opens', async t => {
  const cheats: [string, OnFrame][] = [
    ['another share', changed('rekeyCorrections', body => (body[0] ^= 1))],
    ['another mask', changed('rekeyCorrections', body => (body[8 * length] ^= 1))],
    ['another sum', changed('rekeyOpening', body => (body[0] ^= 1))],
    ['another tag of the old', changed('rekeyOpening', body => (body[8] ^= 1))],
    ['another tag of the new', changed('rekeyOpening', body => (body[16] ^= 1))],
    ['not below p', changed('rekeyCorrections', body => body.fill(255, 0, 8))],
  ];
  for (const [name, onFrame] of cheats) {
    const w = await world();
    const [, other] = await w.rekey(onFrame);
    t.like(reason(other), { code: 'DEVIATION', culprit: 0 }, name);
  }
});

test('a share whose old tag does not hold is refused under the new key: nothing is laundered', async t => {
  const w = await world();
  const [own, other] = w.shares;
  const value = own.value.slice();
  value[3] = fp.add(value[3], 1n);
  const [, second] = await w.rekey(undefined, { shares: [{ ...own, value }, other] });
  t.like(reason(second), { code: 'DEVIATION', culprit: 0 });
});

test.serial('canary: without its comparison other values come under the new key', async t => {
  const prototype = RekeyVerifier.prototype as unknown as { holds: () => boolean };
  const { holds } = prototype;
  prototype.holds = () => true;
  try {
    const w = await world();
    const done = values(await w.rekey(changed('rekeyCorrections', body => (body[0] ^= 1))));
    const due = tagsOf(w.x[0], done[1].key, newKeys[1]);
    t.not(done[0].tag[0], due[0]);
    t.deepEqual(done[0].tag.slice(1), due.slice(1));
  } finally {
    prototype.holds = holds;
  }
});

test('the element that proves it is spent on both sides before anything is opened, also when the other hangs up', async t => {
  const w = await world();
  const numbers = async () => (await w.links[0].held(1))?.elements.map(({ number }) => number) ?? [];
  const [first, second] = await numbers();
  const hangUp: OnFrame = (from, _to, frame) => {
    if (from === 0 && frame[0] === kinds.rekeyOpening) throw new Error('gone');
    return frame;
  };
  await w.rekey(hangUp);
  t.false((await numbers()).includes(first));
  t.false((await w.links[1].keys(0))?.keys.some(({ number }) => number === first));
  values(await w.rekey());
  t.false((await numbers()).includes(second), 'the next one serves the next time');
});

test('an element that the verifier lacks costs itself; with none left the pair cannot be re-keyed', async t => {
  const w = await world();
  const keys = await w.links[1].keys(0);
  if (!keys) throw new Error('there is a stock');
  await w.links[1].keepKeys(0, { ...keys, keys: keys.keys.slice(3) });
  values(await w.rekey());
  t.is((await w.links[0].held(1))?.elements.length, linkStockCount - 4);
  await w.links[1].keepKeys(0, { ...keys, keys: [], reserved: [] });
  const [own] = await w.rekey();
  t.is(reason(own).code, 'LINK_STOCK_EMPTY');
});

test('the vectors may be long: corrections go in several messages', async t => {
  const w = await world();
  const many = (row: Vec) => concatVec(...Array.from({ length: 10_000 }, () => row));
  const long = w.shares.map(({ value, tag, key }) => ({ value: many(value), tag: many(tag), key: many(key) }));
  const done = values(await w.rekey(undefined, { shares: long }));
  t.deepEqual(done[0].tag, tagsOf(long[0].value, done[1].key, newKeys[1]));
});
