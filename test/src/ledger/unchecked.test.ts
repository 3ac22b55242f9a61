/**
 * The canaries: with one check taken away, the cheat that it stops succeeds, and does harm that can be seen. So the checks
 * are what stops it, and the harness of `cheating-bank.test.ts` and `forged-envelopes.test.ts` is able to cheat.
 *
 * Checks are taken away by patching prototypes: tests here run one after the other.
 */
import test, { type ExecutionContext } from 'ava';
import type { Envelope } from '../../../src/envelope/index.js';
import { fp, P, type Vec, zeros } from '../../../src/field/index.js';
import { BlockChecks } from '../../../src/ledger/checks.js';
import type { RejectReason } from '../../../src/ledger/record.js';
import { transferLayout } from '../../../src/operations/index.js';
import { type Outgoing, Rounds } from '../../../src/session/index.js';
import type { Shares } from '../../../src/sharing/index.js';
import {
  accountKeys,
  applied,
  auditEnvelope,
  revealEnvelope,
  runBlock,
  transferEnvelope,
  type World,
} from '../../harness/banks.js';
import { applyAll, honestErrors, openedWorld, results, start } from './cheaters.js';
import { forgedTransfer } from './forgers.js';

const { step } = Rounds.prototype;
const { judge } = BlockChecks.prototype;

test.afterEach.always(() => {
  Object.assign(Rounds.prototype, { step });
  Object.assign(BlockChecks.prototype, { judge });
});

/** The banks go on as if `reason` were never found. */
function withoutCheck(reason: RejectReason): void {
  BlockChecks.prototype.judge = function (header, opened) {
    const found = judge.call(this, header, opened);
    return found === reason ? undefined : found;
  };
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
