/**
 * A bank that says one thing to one bank and another to the other: inputs that differ between two verifiers, coins that do.
 * The consistency opening and the digests part the banks before anything is signed; the canaries show what they stop.
 *
 * A check is taken away by patching a prototype: tests here run one after the other.
 */
import test from 'ava';
import { concatBytes, hash, toHex } from '../../../src/crypto/index.js';
import { zeros } from '../../../src/field/index.js';
import { BlockChecks } from '../../../src/ledger/checks.js';
import type { Channel } from '../../../src/ports.js';
import { CoinToss } from '../../../src/session/index.js';
import { innerPublic, type Shares } from '../../../src/sharing/index.js';
import { auditEnvelope, runBlock, transferEnvelope } from '../../harness/banks.js';
import { reconstruct } from '../../harness/dealer.js';
import {
  applyAll,
  blindToDigests,
  editing,
  type Frame,
  honestErrors,
  type Outcomes,
  openedWorld,
  results,
} from './cheaters.js';
import { SplitInput } from './split-input.js';

const { consistency } = BlockChecks.prototype;

test.afterEach.always(() => {
  Object.assign(BlockChecks.prototype, { consistency });
});

test.serial(
  'an input that differs between two verifiers names the bank that opens it with tags that do not fit',
  async t => {
    const split = new SplitInput(await openedWorld(3, 3), 5);
    const errors = honestErrors(await split.run([auditEnvelope(split.world)], false), split.cheater);
    t.deepEqual(
      errors.filter(error => error?.code !== 'SESSION_ENDED').map(error => [error?.code, error?.culprit]),
      [['DEVIATION', split.cheater]],
    );
  },
);

test.serial(
  'an input that differs between two verifiers parts the digests, and nobody is named, where the tags fit',
  async t => {
    const split = new SplitInput(await openedWorld(3, 3), 5);
    split.listen();
    const { world } = split;
    const errors = honestErrors(await split.run([auditEnvelope(world)], true), split.cheater);
    const found = errors.filter(error => error?.code !== 'SESSION_ENDED');
    t.true(found.length > 0);
    for (const error of found) {
      t.is(error?.code, 'DIGEST_MISMATCH');
      t.is(error?.culprit, undefined);
    }
    // an open alone has no message of its own behind the checks: even so the banks come to no record together
    const alone = await split.run([], true);
    const digests = alone.map(outcome => (outcome.status === 'fulfilled' ? toHex(outcome.value.digest) : 'none'));
    t.true(new Set(digests).size > 1 || digests.includes('none'));
    t.true(honestErrors(alone, split.cheater).every(error => error?.culprit === undefined));
  },
);

test.serial('without the consistency opening two verifiers hold one input of two values', async t => {
  const split = new SplitInput(await openedWorld(3, 3), 5);
  const { world } = split;
  BlockChecks.prototype.consistency = (inputs: Shares) => innerPublic(zeros(inputs.length), inputs);
  split.listen();
  const settled = results(await split.run([auditEnvelope(world)], true));
  for (const { digest, statuses } of settled) {
    t.deepEqual(digest, settled[0].digest);
    t.deepEqual(statuses[0], { kind: 'opened', account: 5 });
  }
  applyAll(world, settled);
  const keys = world.states.map(state => state.keys?.spending as Shares);
  t.throws(() => reconstruct(world.parties, keys), { message: /tags of bank 2 fit the keys of bank 1/ });
});

test.serial('without the digests a liar makes honest banks accuse each other', async t => {
  const world = await openedWorld(3, 1);
  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  const [cheater, victim] = [2, 1];
  // a second coin, shown to the victim alone
  const toss = new CoinToss(hash('test/context', Uint8Array.of(world.height)), cheater, world.random);
  const lie = (f: Frame): Frame => {
    if (f.step === 0) return { ...f, broadcast: toss.commitment };
    return f.step === 1 ? { ...f, broadcast: concatBytes(toss.reveal(), f.broadcast.subarray(64)) } : f;
  };
  const liar = (channel: Channel): Channel => ({
    ...channel,
    receive: from => channel.receive(from),
    send: (to, frame) => channel.send(to, to === victim ? editing(lie)(frame) : frame),
  });
  const run = (others: (channel: Channel) => Channel) =>
    runBlock(world, [envelope], {
      channel: (channel, bank) => (bank === cheater ? liar(blindToDigests(channel)) : others(channel)),
    });
  const found = (outcomes: Outcomes) => honestErrors(outcomes, cheater).filter(e => e?.code !== 'SESSION_ENDED');
  const noticed = found(await run(channel => channel));
  t.true(noticed.length > 0);
  for (const error of noticed) {
    t.is(error?.code, 'DIGEST_MISMATCH');
    t.is(error?.culprit, undefined);
  }
  const blamed = found(await run(blindToDigests));
  t.true(blamed.some(error => error?.code === 'DEVIATION' && error.culprit !== cheater));
});
