/** Payroll files: what is read of them, and every reason to refuse one. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { PayrollRefused, readPayroll, readPayrollFile } from '../../../node/commands/payroll.js';
import { batchFileBytesMax } from '../../../src/limits.js';
import { FakeBanks } from '../../harness/fake-bank.js';
import { temporaryFolder } from '../../harness/temporary-folder.js';

const { network } = new FakeBanks({ balances: [10n, 0n], pageSize: 1 });
const read = (text: string, from?: string) => readPayroll(text, network, from);

test('columns stand in any order; quotes, line breaks in them, blank lines, CRLF and a byte order mark are as in RFC 4180', t => {
  const text = '\ufeffreference,Amount,to\r\n"May, rent",12.50,1\r\n\r\n"two\r\nlines",3,"cov"\r\nlast, 1 ,1\r\n';
  t.deepEqual(read(text, '0'), {
    payments: [
      { from: '0', to: '1', amount: 1250n, reference: 'May, rent' },
      { from: '0', to: 'cov', amount: 300n, reference: 'two\nlines' },
      { from: '0', to: '1', amount: 100n, reference: 'last' },
    ],
    lines: [2, 4, 6],
  });
  t.deepEqual(read('to,amount,reference', '0'), { payments: [], lines: [] });
});

test('a from column wins over --from, line by line', t => {
  const { payments } = read('from,to,amount,reference\n3,1,1,a\n,1,1,b', '0');
  t.deepEqual(
    payments.map(({ from }) => from),
    ['3', '0'],
  );
});

test('whatever is wrong is told with its line', t => {
  const cases: [text: string, from: string | undefined, faults: [number, string][]][] = [
    ['', '0', [[1, 'MALFORMED']]],
    ['1,2,3\n', '0', [[1, 'MALFORMED']]],
    ['to,amount\n1,1', '0', [[1, 'MALFORMED']]],
    ['to,amount,reference\n1,1,a', undefined, [[1, 'MALFORMED']]],
    ['to,amount,reference,to\n1,1,a,2', '0', [[1, 'MALFORMED']]],
    ['to,amount,reference,iban\n1,1,a,2', '0', [[1, 'MALFORMED']]],
    ['to,amount,reference\n1,1,a\n1,1', '0', [[3, 'MALFORMED']]],
    ['to,amount,reference\n1,1,a\n1,1,b,c', '0', [[3, 'MALFORMED']]],
    ['to,amount,reference\n1,1,a\n1,1,"b', '0', [[3, 'MALFORMED']]],
    ['to,amount,reference\n1,1,a\n1,1,\ufffd', '0', [[3, 'MALFORMED']]],
    [
      'to,amount,reference\n1,1.005,a\n1,2,b\n\n1,-1,c\n1,,d',
      '0',
      [
        [2, 'BAD_AMOUNT'],
        [5, 'BAD_AMOUNT'],
        [6, 'BAD_AMOUNT'],
      ],
    ],
    ['from,to,amount,reference\n,1,1,a', undefined, [[2, 'BAD_ADDRESS']]],
  ];
  for (const [text, from, faults] of cases) {
    const error = t.throws(() => read(text, from), { instanceOf: PayrollRefused }, text);
    t.deepEqual(
      error?.faults.map(({ line, code }) => [line, code as string]),
      faults,
      text,
    );
  }
});

test('a file that is not there, or over its bound, is refused', async t => {
  const file = join(temporaryFolder(), 'payroll.csv');
  await t.throwsAsync(readPayrollFile(file), { code: 'FILE_MISSING' });
  await writeFile(file, 'x'.repeat(batchFileBytesMax + 1));
  await t.throwsAsync(readPayrollFile(file), { code: 'OVERSIZED' });
});
