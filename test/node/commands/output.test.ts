/** Tables, and when they have colours. */
import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import { printTable, showsColours } from '../../../node/commands/output.js';

const header = ['state', 'label'];
const rows = [
  ['paid', 'a\nb'],
  ['cancelled', '\u001b[2J'],
];
const colours = { state: (cell: string) => (cell === 'paid' ? ('green' as const) : undefined) };

test('a table has no colours where nobody shows them', t => {
  const lines: string[] = [];
  printTable({ data: line => lines.push(line), note: () => {} }, header, rows, colours);
  t.deepEqual(lines, ['state      label', 'paid       a b', 'cancelled  ?[2J']);
});

test('on a terminal it has, around cells that steer nothing themselves', t => {
  const lines: string[] = [];
  const painted = (line: string) => lines.push(line);
  process.env.FORCE_COLOR = '1';
  printTable({ data: () => t.fail(), note: () => {}, painted }, header, rows, colours);
  t.deepEqual(lines.map(stripVTControlCharacters), ['state      label', 'paid       a b', 'cancelled  ?[2J']);
  t.true(lines[1].startsWith('\u001b[32mpaid\u001b[39m '));
  t.false(lines[2].includes('\u001b'));
});

test('colours are for terminals whose user has not said no', t => {
  t.true(showsColours({ isTTY: true }, {}));
  t.true(showsColours({ isTTY: true }, { NO_COLOR: '', TERM: 'xterm' }));
  t.false(showsColours({ isTTY: true }, { NO_COLOR: '1' }));
  t.false(showsColours({ isTTY: true }, { TERM: 'dumb' }));
  t.false(showsColours({}, {}));
});
