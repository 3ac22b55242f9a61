/** The load generator's own book of verdicts and balances. */
import test from 'ava';
import { auditedSum, followRecords } from '../../../scripts/load-generator/checks.js';
import type { Sent } from '../../../scripts/load-generator/traffic.js';
import { toHex } from '../../../src/crypto/index.js';
import type { LedgerRecord, Status } from '../../../src/ledger/log.js';
import type { Intent } from '../../../src/wallet/state.js';

const none = new Uint8Array(0);

/** Records of entries; each a transfer (from, to, amount, pi, theta) or what a status says. */
function world(...blocks: (readonly [Intent, Status, bigint])[][]) {
  const sent = new Map<string, Sent>();
  let count = 0;
  const records = blocks.map((block, i): LedgerRecord => {
    const entries = block.map(([intent, status, secret]) => {
      const id = new Uint8Array(32).fill(++count);
      sent.set(toHex(id), { intent, id, bytes: none, secret, submitter: undefined, at: 0, finalAt: 1, status });
      return { id, status };
    });
    const rest = { rosterVersion: 0, attempt: 1, burned: [], supply: 0n, recoveryHashes: [] };
    return { ...rest, networkId: none, previous: none, digest: none, receiptsHash: none, height: i + 1, entries };
  });
  return { records, sent };
}

const pay = (from: number, to: number, amount: bigint, applied: boolean) => {
  const status: Status = { kind: 'settled', pi: 1 };
  return [{ kind: 'transfer', from, to, amount } as Intent, status, applied ? 0n : 1n] as const;
};
const start = new Map([
  [0, 10n],
  [1, 10n],
  [2, 10n],
]);

test('verdicts that follow the rules are right, and move money only where they say so', t => {
  const { records, sent } = world([pay(0, 1, 10n, true), pay(2, 1, 11n, false)], [pay(1, 2, 20n, true)]);
  const { balances, applied, cancelled, wrongVerdicts } = followRecords(records, sent, start, 1);
  t.deepEqual([applied, cancelled, wrongVerdicts], [2, 1, 0]);
  t.deepEqual([...balances.values()], [0n, 0n, 30n]);
});

test('an overdrawn payment that was applied is a wrong verdict, and so is a covered one that was cancelled', t => {
  const { records, sent } = world([pay(0, 1, 11n, true)], [pay(2, 1, 10n, false)]);
  t.is(followRecords(records, sent, start, 1).wrongVerdicts, 2);
});

test('what comes in is spendable in the next wave, not in the same', t => {
  const same = world([pay(0, 1, 10n, true), pay(1, 2, 20n, false)]);
  t.is(followRecords(same.records, same.sent, start, 1).wrongVerdicts, 0);
  const wrong = world([pay(0, 1, 10n, true), pay(1, 2, 20n, true)]);
  t.is(followRecords(wrong.records, wrong.sent, start, 1).wrongVerdicts, 1);
  // one page: debits go to successive waves
  const next = world([pay(0, 1, 10n, true), pay(1, 2, 20n, true)]);
  t.is(followRecords(next.records, next.sent, start, 4).wrongVerdicts, 0);
});

test('a rejected transfer moves nothing and keeps its place in its wave', t => {
  const rejected: Status = { kind: 'rejected', reason: 'proof' };
  const { records, sent } = world([[pay(0, 1, 5n, true)[0], rejected, 0n], pay(0, 1, 10n, true), pay(1, 2, 20n, true)]);
  const { balances, applied, wrongVerdicts } = followRecords(records, sent, start, 1);
  t.deepEqual([applied, wrongVerdicts], [2, 1], 'account 1 pays in the first wave, and has not got the money then');
  t.is(balances.get(0), 0n);
});

test('a revealed balance is compared, under its mask, with the ledger as it stood at the start of the block', t => {
  const reveal = (account: number, y: bigint, mask: bigint) =>
    [{ kind: 'reveal', account } as Intent, { kind: 'revealed', y } as Status, mask] as const;
  const { records, sent } = world(
    [pay(0, 1, 4n, true), reveal(0, 17n, 7n), reveal(1, 18n, 7n)],
    [reveal(0, 6n, 0n), reveal(1, 10n, 0n)],
  );
  const { balancesRevealed, balancesWrong } = followRecords(records, sent, start, 1);
  t.deepEqual([balancesRevealed, balancesWrong], [4, 2]);
});

test('a balance that was asked for and rejected is wrong', t => {
  const { records, sent } = world([[{ kind: 'reveal', account: 0 }, { kind: 'rejected', reason: 'proof' }, 0n]]);
  t.is(followRecords(records, sent, start, 1).balancesWrong, 1);
});

test('the audit is found by its id, and nothing else is taken for it', t => {
  const { records } = world([[{ kind: 'reveal', account: 0 }, { kind: 'audited', sum: 30n }, 0n]]);
  t.is(auditedSum(records, toHex(new Uint8Array(32).fill(1))), 30n);
  t.is(auditedSum(records, toHex(new Uint8Array(32).fill(2))), undefined);
});
