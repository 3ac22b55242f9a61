/**
 * Estimates LPN parameter sets: log2 of the field operations of every attack we know of, and the least of them.
 * `src/preprocessing/lpn-estimate.md` keeps what it printed and says what follows. Sets and formulas: `lpn/`.
 */
import { Command, InvalidArgumentError } from 'commander';
import { runProgram } from '../node/commands/exit.js';
import { processOutput } from '../node/commands/output.js';
import { print } from '../node/commands/print.js';
import { attacks, estimate } from './lpn/estimate.js';
import { type NamedSet, sets } from './lpn/sets.js';

interface Options {
  readonly rows?: number;
  readonly unknowns?: number;
  readonly noise?: number;
  readonly rowWeight: number;
  readonly fieldBits: number;
  readonly json?: true;
}

const whole = (value: string): number => {
  if (!/^[1-9][0-9]{0,7}$/.test(value)) throw new InvalidArgumentError('expected a whole number, at least 1.');
  return Number(value);
};

const program = new Command('estimate-lpn')
  .description(
    'log2 of what attacks on LPN with regular noise cost; without a set, for all sets in scripts/lpn/sets.ts',
  )
  .option('--rows <n>', 'samples an attacker sees', whole)
  .option('--unknowns <k>', 'length of the secret', whole)
  .option('--noise <t>', 'noisy rows: one in each of t blocks of n/t', whole)
  .option('--row-weight <d>', 'nonzero entries in each row of the code', whole, 10)
  .option('--field-bits <bits>', 'log2 of the size of the field', whole, 61)
  .option('--json', 'print a JSON object for each set, one a line')
  .addHelpText('after', '\nExample:\n  $ ./scripts/estimate-lpn --rows 636928 --unknowns 64000 --noise 1244')
  .action(run);

function run({ rows: n, unknowns: k, noise: t, rowWeight: d, fieldBits, json }: Options): void {
  const given = [n, k, t].filter(each => each !== undefined).length;
  if (n !== undefined && k !== undefined && t !== undefined) {
    if (k >= n || t >= n || d > k)
      program.error('unknowns and noisy rows are fewer than rows, row entries at most unknowns');
    print(processOutput, json, ...described({ name: 'given', n, k, t, d, fieldBits }));
  } else if (given > 0) program.error('a set is all of --rows, --unknowns and --noise');
  else for (const set of sets) print(processOutput, json, ...described(set));
}

function described(set: NamedSet): [object, string[]] {
  const { name, n, k, t, d, fieldBits } = set;
  const { bits, columns, least } = estimate(set);
  const part = (count: number) => `${count} (${(count / k).toFixed(3)} k)`;
  const lines = [
    `${name}: n=${n} k=${k} t=${t} (blocks of ${Math.floor(n / t)}) d=${d}, field of ${fieldBits} bits; n-k-t = ${n - k - t}`,
    ...attacks.map(({ key, title }) => `  ${bits[key].toFixed(1).padStart(6)}  ${title}`),
    `  columns: random ${part(columns.random)}, peeled ${part(columns.peeled)}, fewest ${part(columns.floor)}`,
    `  least: published ${least.published.toFixed(1)}, all ${Math.min(least.published, least.sparse).toFixed(1)}`,
    '',
  ];
  return [{ ...set, bits, columns, least }, lines];
}

process.exitCode = await runProgram(program, process.argv.slice(2), processOutput);
