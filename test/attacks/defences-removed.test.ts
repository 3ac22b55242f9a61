/**
 * Attacks of protocol.md section 12, played against the code with that one defence taken away: there they succeed. What
 * plays them against the code as it is stands in `index.ts`, and so do other tests of this kind.
 *
 * Defences are taken away by patching prototypes: tests here run one after the other.
 */
import test from 'ava';
import { Pool } from '../../src/agreement/index.js';
import type { Message } from '../../src/agreement/messages.js';
import { Proposing } from '../../src/agreement/proposing.js';
import { Votes } from '../../src/agreement/votes.js';
import { Writer } from '../../src/codec/index.js';
import { checkCommitment, ed25519, hash, seededRandom, toHex, utf8, x25519 } from '../../src/crypto/index.js';
import { encodeEnvelope } from '../../src/envelope/index.js';
import { isCode } from '../../src/errors.js';
import { fp } from '../../src/field/index.js';
import { BlockChecks } from '../../src/ledger/checks.js';
import { amended, amendmentStatement } from '../../src/network/index.js';
import { LinkStock } from '../../src/preprocessing/link-stock.js';
import { openPair } from '../../src/preprocessing/pair.js';
import { CoinToss } from '../../src/session/index.js';
import { runBlock, transferEnvelope } from '../harness/banks.js';
import { sealed, settle, started, statuses } from '../harness/holders.js';
import { memoryNetwork, type OnFrame } from '../harness/memory-channel.js';
import { memoryStore } from '../harness/memory-store.js';
import { until } from '../harness/network.js';
import { smallLpn } from '../harness/small-lpn.js';
import { announce } from '../src/agreement/envelopes.js';
import { World } from '../src/agreement/world.js';
import { openedWorld, results } from '../src/ledger/cheaters.js';
import { idOf } from '../src/ledger/records.js';

const originals: [object, object][] = [
  [Pool.prototype, { refuseSeen: Pool.prototype.refuseSeen }],
  [Votes.prototype, { addVoid: Votes.prototype.addVoid, addSigned: Votes.prototype.addSigned }],
  [Proposing.prototype, { contradiction: Proposing.prototype.contradiction }],
  [BlockChecks.prototype, { judge: BlockChecks.prototype.judge }],
  [CoinToss.prototype, { finish: CoinToss.prototype.finish }],
  [LinkStock.prototype, { burn: LinkStock.prototype.burn }],
];

test.afterEach.always(() => {
  for (const [prototype, methods] of originals) Object.assign(prototype, methods);
});

/** Two envelopes with the same key parts and masks, in two heights. */
async function packetsTwice(): Promise<string[]> {
  const world = await started(2, 3);
  const seed = hash('test/same-packets');
  const kinds: string[] = [];
  try {
    for (const expiry of [50, 51])
      kinds.push(...(await settle(world, 0, sealed(world, { seed, expiry, payee: 0 }))).map(s => s.kind));
  } catch (error) {
    if (!isCode(error, 'SEEN_BEFORE')) throw error;
    kinds.push(error.code);
  }
  await world.stopAll();
  return kinds;
}

test.serial(
  'without key parts that are seen once, packets under another header run a second time, with the same masks',
  async t => {
    t.deepEqual(await packetsTwice(), ['settled', 'SEEN_BEFORE']);
    Pool.prototype.refuseSeen = () => {};
    t.deepEqual(await packetsTwice(), ['settled', 'settled']);
  },
);

test.serial('if an envelope whose tag check failed went on, what its masks hide would be opened', async t => {
  const world = await openedWorld(2, 3);
  const { envelope } = transferEnvelope(world, 0, 3, 30n);
  const messages = async () => {
    const outcomes = await runBlock(world, [envelope], {
      admitted: (each, bank) =>
        bank === 1 ? { ...each, share: each.share.map((x, k) => (k === 0 ? fp.add(x, 1n) : x)) } : each,
    });
    return results(outcomes)[0].traffic.messages;
  };
  t.is(await messages(), 4);
  BlockChecks.prototype.judge = () => undefined;
  t.true((await messages()) > 8);
});

test.serial('without votes that are kept together, a bank signs and voids, and nobody can convict it', t => {
  const convicts = () => {
    const w = new World(3);
    w.admit('x');
    w.propose(['x']);
    const record = w.compute([0]);
    const say: Message[] = [
      { kind: 'signed', signed: w.signed(record) },
      { kind: 'void', void: w.void(1) },
    ];
    for (const message of say) w.tell(0, message);
    return w.convictedBy(0);
  };
  t.is(convicts(), 2);
  const { addVoid } = Votes.prototype;
  Votes.prototype.addVoid = function (v) {
    addVoid.call(this, v);
    return undefined;
  };
  t.is(convicts(), undefined);
});

test.serial('without asking for it, a certificate shown to one bank leaves the other behind', t => {
  const heights = (asks: boolean) => {
    const w = new World(3);
    w.admit('x');
    w.propose(['x']);
    w.tell(0, { kind: 'signed', signed: w.signed(w.compute()) });
    if (asks) w.honest[1].give({ type: 'timer', name: 'certificate' });
    w.pump();
    return w.honest.map(bank => bank.applied.length);
  };
  t.deepEqual(heights(true), [1, 1]);
  t.deepEqual(heights(false), [1, 0]);
});

test.serial(
  'without commitments that are bound to their bank, a copied coin passes, and the coin is as good as one bank’s',
  t => {
    const context = hash('test/coin');
    const toss = new CoinToss(context, 0, seededRandom(hash('test/coin/random')));
    const copied = () => toss.finish('use', [toss.commitment, toss.commitment], [toss.reveal(), toss.reveal()]);
    const error = t.throws(copied);
    t.true(isCode(error, 'DEVIATION') && error.culprit === 1);
    const ofBank0 = new Writer(64).bytes(context).u8(0).done();
    CoinToss.prototype.finish = (use, commitments, reveals) => {
      const fits = (reveal: Uint8Array, bank: number) =>
        checkCommitment('covault/coin', ofBank0, reveal.slice(0, 32), reveal.slice(32), commitments[bank]);
      if (!reveals.every(fits)) throw new Error('no commitment to this');
      return hash('covault/coin/result', utf8(use), ...reveals.map(reveal => reveal.slice(0, 32)));
    };
    t.is(copied().length, 32);
  },
);

/** A sponsor that gives one envelope one number towards one bank and another towards the other: blocks made of it. */
function numberedTwice() {
  const w = new World(3);
  const proposalOf = (index: number) =>
    w.proposal([], { ready: [announce(w.banks, w.cheat, 1 + index, 'x', s => w.sign(s))] });
  for (const bank of w.honest) bank.admit('x', w.cheat, 1 + bank.index);
  w.pump();
  for (const { index } of w.honest) {
    w.tell(index, proposalOf(index));
    w.honest[index].give({ type: 'timer', name: 'propose' });
    w.pump();
  }
  return w;
}

test.serial(
  'without a look at what proposals contradict, an envelope of two numbers waits, and its sponsor goes free',
  t => {
    t.is(numberedTwice().convictedBy(0), 2);
    Proposing.prototype.contradiction = () => undefined;
    const w = numberedTwice();
    t.is(w.convictedBy(0), undefined);
    t.deepEqual(
      w.honest.map(({ halts }) => halts.length),
      [0, 0],
    );
    t.false(w.honest.some(({ run }) => run?.block.entries.some(({ id }) => toHex(id) === toHex(idOf('x')))));
  },
);

/** Bets on a bit of bank 0's key in one session, loses, and is back in the next. What bank 0 says then. */
async function betTwice(): Promise<{ first: string; said: number }> {
  const stores = [memoryStore(), memoryStore()];
  const open = async (session: number, onFrame?: OnFrame) => {
    const channels = memoryNetwork(2, onFrame);
    const ends = [0, 1].map(self =>
      openPair({
        party: { self, count: 2, deltas: [self === 1 ? 5n : 0n, self === 0 ? 6n : 0n] },
        peer: 1 - self,
        channel: channels[self],
        sessionId: new Uint8Array(32).fill(session),
        random: seededRandom(hash('test/bet', Uint8Array.of(session, self))),
        links: new LinkStock(stores[self], Uint8Array.of(1)),
        mayStartFresh: true,
        lpn: smallLpn,
      }).catch(error => {
        channels[0].close();
        throw error;
      }),
    );
    return Promise.allSettled(ends);
  };
  let frames = 0;
  const [first] = await open(1, (from, _to, frame) => {
    if (from === 1 && frame.length > 4096 && frames++ === 1) frame[frame.length - 1] ^= 1;
    return frame;
  });
  let said = 0;
  await open(2, (from, _to, frame) => {
    if (from === 0) said++;
    return frame;
  });
  return { first: first.status === 'rejected' ? first.reason.code : 'passed', said };
}

test.serial('without burning, a key of which a lost bet has told a bit enters the next session', async t => {
  t.deepEqual(await betTwice(), { first: 'DEVIATION', said: 0 });
  LinkStock.prototype.burn = async () => {};
  const { first, said } = await betTwice();
  t.is(first, 'DEVIATION');
  t.true(said > 10);
});

/**
 * A payment settles; then one bank stands on a backup of before, and the other, a cheat, hides it and forgets as well. The same
 * envelope again: what becomes of it. `asRebuilt`: the restored bank comes back as a rebuilt one must.
 */
async function paidAgainAfterBackup(asRebuilt: boolean): Promise<string> {
  const world = await started(2, 3);
  const bytes = encodeEnvelope(sealed(world, { payee: 0 }));
  const backups = world.stores.map(store => store.fork());
  const id = await world.bank(0).submit(bytes);
  await until('settled', async () => (await world.bank(0).envelope(id)).state === 'final');
  for (const bank of [0, 1]) {
    await world.kill(bank);
    world.stores[bank] = backups[bank];
  }
  if (asRebuilt) {
    world.sealingSecrets[0] = world.random.bytes(32);
    const { recoveryKey } = world.network.banks[0];
    const change = { bank: 0, sealingKey: x25519.publicKey(world.sealingSecrets[0]), recoveryKey };
    const statement = amendmentStatement(world.network, change);
    const signatures = world.identitySeeds.map(seed => ed25519.sign(seed, statement));
    world.network = amended(world.network, { ...change, signatures });
  }
  await world.startAll();
  try {
    await world.bank(1).submit(bytes);
    await until('settled', async () => (await world.bank(0).envelope(id)).state === 'final');
    return (await statuses(world, 0)).get(toHex(id))?.kind ?? 'none';
  } catch (error) {
    if (!isCode(error, 'WRONG_ROSTER')) throw error;
    return error.code;
  } finally {
    await world.stopAll();
  }
}

test.serial(
  'without the new roster that a rebuilt bank comes back under, packets it has forgotten run again, with the same masks',
  async t => {
    t.is(await paidAgainAfterBackup(true), 'WRONG_ROSTER');
    t.is(await paidAgainAfterBackup(false), 'settled');
  },
);
