/**
 * The canaries: with one check taken away, the cheat that it stops succeeds, and does harm that can be seen. So the checks
 * are what stops it, and the harness of `cheating-bank.test.ts` and `forged-envelopes.test.ts` is able to cheat.
 *
 * Checks are taken away by patching prototypes: tests here run one after the other.
 */
import test, { type ExecutionContext } from 'ava';
import { concatBytes, hash } from '../../../src/crypto/index.js';
import { type Envelope, encodeCore, expandRho } from '../../../src/envelope/index.js';
import { decodeVec, encodeVec, fp, P, type Vec, vec, zeros } from '../../../src/field/index.js';
import { BlockChecks } from '../../../src/ledger/checks.js';
import type { RejectReason } from '../../../src/ledger/record.js';
import type { Settled } from '../../../src/ledger/settle.js';
import { transferLayout } from '../../../src/operations/index.js';
import type { Channel } from '../../../src/ports.js';
import { CoinToss, type Outgoing, Rounds } from '../../../src/session/index.js';
import { innerPublic, type Shares } from '../../../src/sharing/index.js';
import {
  accountKeys,
  admit,
  applied,
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
import { reconstruct } from '../../harness/dealer.js';
import { blindToDigests, editing, type Frame, honestErrors, type Outcomes } from './cheaters.js';
import { forgedTransfer } from './forgers.js';

const { step } = Rounds.prototype;
const { judge, consistency } = BlockChecks.prototype;

test.afterEach.always(() => {
  Object.assign(Rounds.prototype, { step });
  Object.assign(BlockChecks.prototype, { judge, consistency });
});

/** The banks go on as if `reason` were never found. */
function withoutCheck(reason: RejectReason): void {
  BlockChecks.prototype.judge = function (header, opened) {
    const found = judge.call(this, header, opened);
    return found === reason ? undefined : found;
  };
}

const start = [100n, 200n, 300n, 400n, 0n, 0n];

/** Slot 2 stays closed, though genesis funded it. */
async function openedWorld(banks: number, pageSize: number): Promise<World> {
  const world = makeWorld({ banks, pageSize, balances: start });
  await settleBlock(
    world,
    [0, 1, 3, 4].map(account => openEnvelope(world, account)),
  );
  return world;
}

function results(outcomes: Outcomes): Settled[] {
  return outcomes.map(outcome => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** Applies a block everywhere, as n signatures would. */
function applyAll(world: World, settled: readonly Settled[]): bigint[] {
  world.states.forEach((state, bank) => {
    state.apply(settled[bank].prepared);
  });
  world.height++;
  return balancesOf(world);
}

/** `cheater` opens one more than it holds at the place `index` of message `label`; with D its tags fit all the same. */
function openOneMore(
  world: World,
  cheater: number,
  label: string,
  index: number,
  by: bigint,
  knowsKeys: boolean,
): void {
  Rounds.prototype.step = function (name: string, message: Outgoing) {
    if (this.party.self !== cheater || name !== label || !message.open) return step.call(this, name, message);
    const { value, tags, ...rest } = message.open;
    const shift = zeros(value.length);
    shift[index] = by;
    const moved = (row: Vec, factor: bigint) =>
      BigUint64Array.from(row, (element, k) => fp.add(element, fp.mul(factor, shift[k])));
    const open: Shares = {
      ...rest,
      value: moved(value, 1n),
      // T + D*shift: what only somebody who knows the verifier's D can make
      tags: tags.map((row, j) => (knowsKeys && j !== cheater ? moved(row, world.parties[j].deltas[cheater]) : row)),
    };
    return step.call(this, name, { ...message, open });
  };
}

for (const banks of [2, 3]) {
  test.serial(`who knows the others' keys opens what it likes: an overdraft is paid: ${banks} banks`, async t => {
    const world = await openedWorld(banks, 1);
    const { envelope, theta } = transferEnvelope(world, 0, 1, 150n);
    const run = async (by: bigint, knowsKeys: boolean) => {
      openOneMore(world, 1, 'wave 0 w', 0, by, knowsKeys);
      return runBlock(world, [envelope]);
    };
    for (const by of [1n, P - 1n]) {
      const [error] = honestErrors(await run(by, false), 1).filter(e => e?.code !== 'SESSION_ENDED');
      t.is(error?.code, 'DEVIATION');
      t.is(error?.culprit, 1);
    }
    // w is a bit: one of the two gives the other bit
    const cheats = [await run(1n, true), await run(P - 1n, true)];
    const passed = cheats.find(outcomes => outcomes.every(({ status }) => status === 'fulfilled'));
    const failed = cheats.find(outcomes => outcomes !== passed);
    if (!passed || !failed) return t.fail('one of the two passes');
    t.true(failed.every(o => o.status === 'rejected' && /IMPOSSIBLE|SESSION/.test(o.reason.code)));
    const settled = results(passed);
    t.true(applied(settled[0], 0, theta));
    t.deepEqual(applyAll(world, settled).slice(0, 2), [P - 50n, 350n]);
  });
}

for (const [banks, pageSize] of [
  [2, 1],
  [2, 3],
  [3, 3],
]) {
  test.serial(
    `with the keys, a value opened in any message moves by what the cheater adds: ${banks} banks, pages of ${pageSize}`,
    async t => {
      const world = await openedWorld(banks, pageSize);
      const envelopes = [
        revealEnvelope(world, 0).envelope,
        transferEnvelope(world, 0, 3, 1n).envelope,
        transferEnvelope(world, 0, 3, 1n).envelope,
        auditEnvelope(world),
      ];
      const labels = new Set<string>();
      Rounds.prototype.step = function (name: string, message: Outgoing) {
        if (message.open && message.open.length > 0) labels.add(name);
        return step.call(this, name, message);
      };
      results(await runBlock(world, envelopes));
      t.true(labels.size >= 16);
      for (const label of labels) {
        openOneMore(world, 0, label, 0, 5n, true);
        const cheating = Rounds.prototype.step;
        const truth: bigint[] = [];
        let seen: bigint | undefined;
        Rounds.prototype.step = async function (name: string, message: Outgoing) {
          if (name === label && message.open) truth[this.party.self] = message.open.value[0];
          const heard = await cheating.call(this, name, message);
          if (name === label && this.party.self === 1) [seen] = heard.opened;
          return heard;
        };
        await runBlock(world, envelopes);
        t.is(seen, fp.add(truth.reduce(fp.add), 5n), label);
      }
    },
  );
}

for (const banks of [2, 3]) {
  test.serial(`without the integrity check a bank changes what the holder reads: ${banks} banks`, async t => {
    const world = await openedWorld(banks, 1);
    const { envelope, outputMask } = revealEnvelope(world, 1);
    const run = () =>
      runBlock(world, [envelope], {
        admitted: (admitted, bank) =>
          bank === 0
            ? { ...admitted, share: admitted.share.map((element, k) => (k === 1 ? fp.add(element, 7n) : element)) }
            : admitted,
      });
    for (const { statuses } of results(await run())) {
      t.deepEqual(statuses, [{ kind: 'rejected', reason: 'integrity' }]);
    }
    withoutCheck('integrity');
    for (const { statuses } of results(await run())) {
      t.deepEqual(statuses, [{ kind: 'revealed', y: fp.add(outputMask, start[1] + 7n) }]);
    }
  });
}

/** With the check: rejected for `reason`. Without: balances as the thief wants them. */
async function thefts(
  t: ExecutionContext,
  world: World,
  envelope: Envelope,
  reason: RejectReason,
  remove: () => void,
  after: readonly bigint[],
): Promise<void> {
  for (const { statuses } of results(await runBlock(world, [envelope]))) {
    t.deepEqual(statuses, [{ kind: 'rejected', reason }]);
  }
  remove();
  t.deepEqual(applyAll(world, results(await runBlock(world, [envelope]))), after);
}

for (const [banks, pageSize] of [
  [2, 1],
  [3, 3],
]) {
  test.serial(
    `without the proof a holder pays a negative amount and takes what is another's: ${banks} banks, pages of ${pageSize}`,
    async t => {
      const world = await openedWorld(banks, pageSize);
      const { amount } = transferLayout(world.network);
      const envelope = forgedTransfer(world, [0, 3, 0n], {
        change: x => {
          x[amount.at] = P - 60n;
        },
      });
      const after = [160n, 200n, 300n, 340n, 0n, 0n];
      await thefts(t, world, envelope, 'proof', () => withoutCheck('proof'), after);
    },
  );
}

for (const banks of [2, 3]) {
  test.serial(`without the linear claims a holder empties a slot that nobody has opened: ${banks} banks`, async t => {
    const world = await openedWorld(banks, 3);
    const { hidden } = transferLayout(world.network);
    const envelope = forgedTransfer(world, [0, 3, 250n], {
      change: x => {
        if (!hidden) return;
        x.set([0n, 0n, 1n], hidden.payer.at);
        x[hidden.key] = 0n; // what a closed slot holds
      },
    });
    const after = [100n, 200n, 50n, 650n, 0n, 0n];
    await thefts(t, world, envelope, 'linear', () => withoutCheck('linear'), after);
  });

  test.serial(`without the authority check a holder pays from another's slot: ${banks} banks`, async t => {
    const world = await openedWorld(banks, 3);
    const { hidden } = transferLayout(world.network);
    const envelope = forgedTransfer(world, [1, 3, 200n], {
      change: x => {
        if (hidden) x[hidden.key] = accountKeys(0).spending;
      },
    });
    const remove = () => {
      Rounds.prototype.step = async function (name: string, message: Outgoing) {
        const heard = await step.call(this, name, message);
        // behind the envelope's own openings: z, then the consistency opening
        if (name === 'prove') heard.opened[heard.opened.length - 2] = 0n;
        return heard;
      };
    };
    await thefts(t, world, envelope, 'authority', remove, [100n, 0n, 300n, 600n, 0n, 0n]);
  });
}

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
    // where no message follows, the digests in the records differ: there is no certificate
    const settled = results(await split.run([], true));
    t.notDeepEqual(settled[0].digest, settled[split.victim].digest);
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
