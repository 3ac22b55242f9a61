/** An audit whose sum is not the supply stops every bank. */
import test from 'ava';
import { vec } from '../../../src/field/index.js';
import { addSharesAt } from '../../../src/sharing/index.js';
import { auditEnvelope, runBlock } from '../../harness/banks.js';
import { dealShares } from '../../harness/dealer.js';
import { honestErrors, openedWorld, results, start } from './cheaters.js';

for (const [banks, pageSize] of [
  [2, 1],
  [3, 3],
]) {
  test(`an audit stops every bank when money has come from nowhere, or gone: ${banks} banks, pages of ${pageSize}`, async t => {
    const world = await openedWorld(banks, pageSize);
    const supply = start.reduce((sum, balance) => sum + balance, 0n);
    const change = (by: bigint) => {
      // a sharing whose tags fit: what no bank and no opening would notice
      const shares = dealShares(world.parties, vec([by]), world.random);
      world.states.forEach((state, bank) => {
        addSharesAt(state.balances, [1], [shares[bank]]);
      });
    };
    for (const by of [5n, -5n, -1n]) {
      change(by);
      const errors = honestErrors(await runBlock(world, [auditEnvelope(world)]), -1);
      t.true(errors.every(error => error?.code === 'AUDIT_FAILED' || error?.code === 'SESSION_ENDED'));
      t.true(errors.some(error => error?.code === 'AUDIT_FAILED'));
      change(-by);
    }
    for (const { statuses } of results(await runBlock(world, [auditEnvelope(world)]))) {
      t.deepEqual(statuses, [{ kind: 'audited', sum: supply }]);
    }
  });
}
