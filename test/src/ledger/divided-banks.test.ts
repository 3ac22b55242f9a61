/**
 * A bank that says one thing to one bank and another to the other: inputs that differ between two verifiers, coins that do.
 * The consistency opening and the digests part the banks before anything is signed; the canaries show what they stop.
 *
 * A check is taken away by patching a prototype: tests here run one after the other.
 */
import test from 'ava';
import { concatBytes, hash, toHex } from '../../../src/crypto/index.js';
import { type Envelope, encodeCore, expandRho } from '../../../src/envelope/index.js';
import { decodeVec, encodeVec, fp, type Vec, vec, zeros } from '../../../src/field/index.js';
import { BlockChecks } from '../../../src/ledger/checks.js';
import type { Channel } from '../../../src/ports.js';
import { CoinToss } from '../../../src/session/index.js';
import { innerPublic, type Shares } from '../../../src/sharing/index.js';
import { admit, auditEnvelope, openEnvelope, runBlock, transferEnvelope, type World } from '../../harness/banks.js';
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

const { consistency } = BlockChecks.prototype;

test.afterEach.always(() => {
  Object.assign(BlockChecks.prototype, { consistency });
});

/**
 * A bank and a holder together: the bank's input towards one verifier differs from that towards the other, by what the
 * holder's rho does not see. K = 3: x = (tag mask, spending key, viewing key); delta = (-rho_1*d, d, 0).
 */
class SplitInput {
  readonly world: World;
  readonly envelope: Envelope;
  readonly cheater = 2;
  readonly victim = 1;
  readonly delta: Vec;
  /** What delta does to the consistency opening. */
  #shift = 0n;

  constructor(world: World, account: number) {
    this.world = world;
    this.envelope = openEnvelope(world, account);
    const { header } = this.envelope;
    const keyParts = world.parties.map(({ self }) => admit(world, self, this.envelope).keyPart);
    const rho = expandRho(keyParts, encodeCore(header), 3);
    this.delta = vec([fp.neg(fp.mul(rho[1], 5n)), 5n, 0n]);
  }

  /** Learns the shift from the cheater's own weights, which are the same for all. */
  listen(): void {
    const { cheater, delta } = this;
    const heard = (shift: bigint) => {
      this.#shift = shift;
    };
    const inner = BlockChecks.prototype.consistency;
    BlockChecks.prototype.consistency = function (inputs, lengths) {
      if (inputs.tags[cheater].length === 0) {
        const value = zeros(inputs.length);
        value.set(delta);
        heard(inner.call(this, { length: inputs.length, value, tags: [], keys: [] }, lengths).value[0]);
      }
      return inner.call(this, inputs, lengths);
    };
  }

  /** To the victim: corrections moved by delta and, where `hides`, the share of the consistency opening that fits them. */
  run(envelopes: readonly Envelope[], hides: boolean): Promise<Outcomes> {
    const between = (channel: Channel): Channel => ({
      ...channel,
      receive: from => channel.receive(from),
      send: (to, frame) => channel.send(to, to === this.victim ? this.#moved(frame, hides) : frame),
    });
    return runBlock(this.world, [this.envelope, ...envelopes], {
      channel: (channel, bank) => (bank === this.cheater ? between(channel) : channel),
    });
  }

  #moved(frame: Uint8Array, hides: boolean): Uint8Array {
    return editing(f => {
      if (f.step === 0) return { ...f, own: addTo(f.own, 0, this.delta) };
      if (f.step === 2 && hides) return { ...f, shares: addTo(f.shares, f.shares.length / 8 - 1, vec([this.#shift])) };
      return f;
    })(frame);
  }
}

function addTo(bytes: Uint8Array, at: number, more: Vec): Uint8Array {
  const elements = decodeVec(bytes);
  more.forEach((element, k) => {
    elements[at + k] = fp.add(elements[at + k], element);
  });
  return encodeVec(elements);
}

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
