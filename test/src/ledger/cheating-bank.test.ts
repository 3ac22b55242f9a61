/**
 * A bank that deviates in one message of a block. Whatever it changes, the honest banks notice, name it where they can,
 * and never each other; no record comes of it. That the harness can do harm is shown in `unchecked.test.ts`.
 */
import test, { type ExecutionContext } from 'ava';
import { concatBytes } from '../../../src/crypto/index.js';
import type { Envelope } from '../../../src/envelope/index.js';
import { fp } from '../../../src/field/index.js';
import type { Admitted } from '../../../src/ledger/settle.js';
import { transferLayout } from '../../../src/operations/index.js';
import {
  auditEnvelope,
  balancesOf,
  makeWorld,
  openEnvelope,
  revealEnvelope,
  runBlock,
  settleBlock,
  transferEnvelope,
  type World,
} from '../../harness/banks.js';
import {
  adaptedDigests,
  type Frame,
  flip,
  hands,
  honestErrors,
  type Outcomes,
  readFrame,
  runCheat,
} from './cheaters.js';

const sizes = [
  [2, 1],
  [2, 3],
  [3, 1],
  [3, 3],
] as const;

interface Story {
  readonly world: World;
  readonly envelopes: readonly Envelope[];
  /** Frames of an honest run, as bank 0 sent them to bank 1. */
  readonly frames: readonly Uint8Array[];
}

/** A reveal, a transfer and an audit in one block; with `waves` a second debit of the page. */
async function makeStory(banks: number, pageSize: number, waves = 1): Promise<Story> {
  const world = makeWorld({ banks, pageSize, balances: [100n, 200n, 300n, 0n, 0n, 0n], amountBits: 10 });
  const accounts = [0, 1, 2, 3, 4, 5];
  await settleBlock(
    world,
    accounts.map(account => openEnvelope(world, account)),
  );
  const envelopes = [
    revealEnvelope(world, 2).envelope,
    ...Array.from({ length: waves }, () => transferEnvelope(world, 0, 4, 30n).envelope),
    auditEnvelope(world),
  ];
  const frames: Uint8Array[] = [];
  await runBlock(world, envelopes, {
    channel: (channel, bank) => ({
      ...channel,
      receive: from => channel.receive(from),
      send: (to, frame) => {
        if (bank === 0 && to === 1) frames.push(frame.slice());
        return channel.send(to, frame);
      },
    }),
  });
  return { world, envelopes, frames };
}

/** At least one honest bank stops; whoever stops names the cheater or, where that cannot be known, nobody. */
function noticed(t: ExecutionContext, outcomes: Outcomes, cheater: number, what: string): void {
  const errors = honestErrors(outcomes, cheater);
  const found = errors.filter(error => error && error.code !== 'SESSION_ENDED');
  t.true(found.length > 0, `${what}: nobody noticed`);
  for (const error of found) {
    const mayName = error?.code === 'DEVIATION' || outcomes.length === 2;
    t.true(error?.code === 'DEVIATION' || error?.code === 'DIGEST_MISMATCH', `${what}: ${error?.message}`);
    t.is(error?.culprit, mayName ? cheater : undefined, what);
  }
}

const always = ['another digest', 'the message before, again'];
/** Do not depend on what the message says: one of them at each message. */
const anywhere = ['another context', 'another step number', 'a byte too few', 'a byte too many', 'nothing'];

for (const [banks, pageSize] of sizes) {
  test(`whatever a bank changes in any message of a block is noticed, and nobody else is named: ${banks} banks, pages of ${pageSize}`, async t => {
    const { world, envelopes, frames } = await makeStory(banks, pageSize);
    const before = balancesOf(world);
    let turn = 0;
    t.is(frames.length, pageSize > 1 ? 12 : 11); // for K > 1 the balance columns have a message of their own
    for (const [step, bytes] of frames.entries()) {
      const frame = readFrame(bytes);
      const names = Object.keys(hands).filter(
        name =>
          hands[name].applies(frame) &&
          (always.includes(name) || !anywhere.includes(name) || name === anywhere[step % anywhere.length]),
      );
      for (const name of names) {
        // each bank in turn cheats; towards all, or towards one
        const cheater = turn % banks;
        const others = world.parties.map(({ self }) => self).filter(self => self !== cheater);
        const to = turn % 2 === 0 ? others : [others[(turn >> 1) % others.length]];
        turn++;
        const outcomes = await runCheat(world, envelopes, { cheater, step, to, hand: hands[name].hand });
        noticed(t, outcomes, cheater, `message ${step}, ${name}, bank ${cheater} to ${to}`);
      }
    }
    t.deepEqual(balancesOf(world), before);
    t.true(world.states.every(({ height }) => height === 1));
  });
}

for (const cheater of [0, 1, 2]) {
  test(`from the second wave on the masked balances are checked too: bank ${cheater} cheats`, async t => {
    const { world, envelopes, frames } = await makeStory(3, 3, 2);
    // commit, coin, prove; c, four levels, root, w; the balances the first wave has left
    const step = 11;
    t.is(frames.length, 20);
    t.is(readFrame(frames[step]).shares.length, 8 * 3);
    for (const name of ['the first opened share', 'the last opened share', 'the hash of its tags']) {
      const to = [(cheater + 1) % 3];
      noticed(t, await runCheat(world, envelopes, { cheater, step, to, hand: hands[name].hand }), cheater, name);
    }
  });
}

for (const [banks, pageSize] of sizes.slice(1, 3)) {
  test(`a bank that falls silent ends the session and is accused of nothing: ${banks} banks, pages of ${pageSize}`, async t => {
    const { world, envelopes, frames } = await makeStory(banks, pageSize);
    for (const step of frames.keys()) {
      const cheater = step % banks;
      const to = [(cheater + 1) % banks];
      const outcomes = await runCheat(world, envelopes, { cheater, step, to, hand: () => undefined });
      const [first] = honestErrors(outcomes, cheater).filter(error => error !== undefined);
      t.is(first?.code, 'SESSION_ENDED');
      t.is(first?.culprit, undefined);
    }
  });
}

/** The coin commitment, changed where `when` says so. */
const changeCommitment = (when: (to: number) => boolean) => (frame: Frame, to: number) =>
  frame.step === 0 && when(to) ? { ...frame, broadcast: flip(frame.broadcast, 3) } : frame;

for (const banks of [2, 3]) {
  const lies: [string, (frame: Frame, to: number, theirs: Frame) => Frame][] = [
    ['a coin commitment that does not fit is found at the reveal', changeCommitment(() => true)],
    [
      'a coin copied from another bank is found at the reveal',
      (frame, _, theirs) => {
        if (frame.step === 0) return { ...frame, broadcast: theirs.broadcast };
        if (frame.step > 1) return frame;
        return { ...frame, broadcast: concatBytes(theirs.broadcast.subarray(0, 64), frame.broadcast.subarray(64)) };
      },
    ],
  ];
  for (const [title, lie] of lies) {
    // with three banks the copy would be of another one's towards each: two different words
    if (banks === 3 && lie !== lies[0][1]) continue;
    test(`${title}, even if the cheater adapts every digest: ${banks} banks`, async t => {
      const { world, envelopes } = await makeStory(banks, 1);
      for (const { self: cheater } of world.parties) {
        const outcomes = await runBlock(world, envelopes, {
          channel: (channel, bank) => (bank === cheater ? adaptedDigests(channel, lie) : channel),
        });
        const errors = honestErrors(outcomes, cheater).filter(error => error?.code !== 'SESSION_ENDED');
        t.true(errors.length > 0);
        for (const error of errors) {
          t.is(error?.code, 'DEVIATION');
          t.is(error?.culprit, cheater);
          t.regex(error?.message ?? '', /commitment/);
        }
      }
    });
  }
}

test('two banks that were told different things notice it between themselves, whatever digests the liar shows them', async t => {
  const { world, envelopes } = await makeStory(3, 1);
  for (const { self: cheater } of world.parties) {
    const victim = (cheater + 1) % 3;
    const lie = changeCommitment(to => to === victim);
    const outcomes = await runBlock(world, envelopes, {
      channel: (channel, bank) => (bank === cheater ? adaptedDigests(channel, lie) : channel),
    });
    const errors = honestErrors(outcomes, cheater);
    t.true(errors.some(error => error?.code === 'DIGEST_MISMATCH'));
    t.true(errors.every(error => error?.culprit === undefined || error.culprit === cheater));
  }
});

for (const [banks, pageSize] of sizes) {
  test(`nothing is opened for an envelope that was rejected: ${banks} banks, pages of ${pageSize}`, async t => {
    const { world, envelopes } = await makeStory(banks, pageSize);
    const spoil = (admitted: Admitted, bank: number) =>
      bank === 0 ? { ...admitted, share: admitted.share.map(element => fp.add(element, 1n)) } : admitted;
    const [reveal, transfer] = envelopes;
    for (const [block, messages] of [
      [[reveal], 4],
      [[transfer], 4],
      [[transfer, reveal], 4],
    ] as const) {
      for (const outcome of await runBlock(world, block, { admitted: spoil })) {
        if (outcome.status === 'rejected') return t.fail(`${outcome.reason}`);
        t.true(outcome.value.statuses.every(({ kind }) => kind === 'rejected'));
        t.is(outcome.value.traffic.messages, messages);
        t.deepEqual(outcome.value.prepared.changes, []);
      }
    }
  });
}

for (const [banks, pageSize] of sizes) {
  test(`a bank that changes its share of an input makes the envelope fail its integrity, and no other: ${banks} banks, pages of ${pageSize}`, async t => {
    const world = makeWorld({ banks, pageSize, balances: [100n, 200n, 300n, 0n, 0n, 0n] });
    await settleBlock(
      world,
      [0, 1, 2, 3].map(account => openEnvelope(world, account)),
    );
    const before = balancesOf(world);
    const { amount, compare, payer, hidden, circuit } = transferLayout(world.network);
    const places = [
      0,
      amount.at,
      compare.mask.at + 60,
      compare.sigma,
      compare.root.beta,
      payer.masked.at,
      circuit.length - 1,
    ];
    if (hidden) places.push(hidden.key, hidden.payer.at, hidden.payee.at + 1);
    const spoiled = places.map(() => transferEnvelope(world, 0, 1, 10n).envelope);
    const { envelope: honest } = transferEnvelope(world, 1, 0, 5n);
    for (const { self: cheater } of world.parties) {
      const outcomes = await runBlock(world, [...spoiled, honest], {
        admitted: (admitted, bank, e) => {
          if (bank !== cheater || e >= places.length) return admitted;
          const share = admitted.share.slice();
          share[places[e]] = fp.add(share[places[e]], 1n);
          return { ...admitted, share };
        },
      });
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') return t.fail(`${outcome.reason}`);
        const { statuses, prepared } = outcome.value;
        t.deepEqual(
          statuses.slice(0, -1),
          places.map(() => ({ kind: 'rejected', reason: 'integrity' })),
        );
        t.is(statuses.at(-1)?.kind, 'settled');
        t.is(prepared.changes.length, 2);
      }
    }
    t.deepEqual(balancesOf(world), before);
  });

  test(`a key part that does not fit its hash names the bank that revealed it: ${banks} banks, pages of ${pageSize}`, async t => {
    const { world, envelopes } = await makeStory(banks, pageSize);
    for (const { self: cheater } of world.parties) {
      const outcomes = await runBlock(world, envelopes, {
        admitted: (admitted, bank, e) =>
          bank === cheater && e === 1 ? { ...admitted, keyPart: flip(admitted.keyPart, 0) } : admitted,
      });
      const errors = honestErrors(outcomes, cheater).filter(error => error?.code !== 'SESSION_ENDED');
      t.deepEqual([...new Set(errors.map(error => `${error?.code} ${error?.culprit}`))], [`DEVIATION ${cheater}`]);
    }
  });
}
