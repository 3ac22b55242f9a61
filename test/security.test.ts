/** `SECURITY.md`: every test that it names exists, and every figure of its table is what the code's constants give. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { estimate } from '../scripts/lpn/estimate.js';
import { sets } from '../scripts/lpn/sets.js';
import { P } from '../src/field/index.js';
import { amountBitsMax, pageSizeMax } from '../src/limits.js';
import { transferLayout } from '../src/operations/index.js';
import { TAU } from '../src/preprocessing/extraction.js';
import { lpnStages, rowCountOf } from '../src/preprocessing/lpn-parameters.js';
import { placeBitsDefault } from '../src/preprocessing/soft-spoken.js';

// compiled tests stand in build/; what is read are the sources
const here = dirname(fileURLToPath(import.meta.url));
const root = here.includes(join('build', 'test')) ? resolve(here, '../..') : resolve(here, '..');

const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
const flowing = text.replaceAll(/\s+/g, ' ');
const rows = text
  .split('\n')
  .filter(line => line.startsWith('| ') && !line.startsWith('| check'))
  .map(line => line.split('|').map(cell => cell.trim()))
  .map(([, check, , , bits, tests]) => ({ check, bits, tests }));

const named = /`([^`]+\.test\.ts)` "([^"]+)"/g;
/** Titles, with what quotes do to them undone. */
const sourceOf = (file: string) => readFileSync(join(root, 'test', file), 'utf8').replaceAll("\\'", "'");

const field = Math.log2(Number(P));
/** A PRG's element is 0 for two of 2^61 words. */
const eps = 60;
/** The largest of all circuits. */
const gates = transferLayout({ pageSize: pageSizeMax, amountBits: amountBitsMax }).circuit.gates;
const places = 128 / placeBitsDefault;
const ours = [lpnStages.main, lpnStages.first].map(stage => {
  const set = sets.find(({ n, k, t }) => n === rowCountOf(stage) && k === stage.base && t === stage.blocks);
  return set ? estimate(set) : undefined;
});
const lpnLeast = Math.min(...ours.flatMap(found => (found ? Object.values(found.bits) : [0])));
/** -log2 of the most that 2^-s * 2^-((slack-s)/2) can be, s bits bet on. */
const extraction = Math.min(...Array.from({ length: 123 }, (_, s) => s + ((TAU - 1) * field - s) / 2));

/** What a lie passes with, in bits, from the code. */
const due: Readonly<Record<string, number>> = {
  'opened share': Math.log2(Number(P - 1n)),
  digest: 128,
  coin: 128,
  'key part': 128,
  "holder's integrity": eps,
  proof: 2 * Math.log2(Number(P - (1n << 16n)) / (2 * gates + 2)),
  'linear claims': 2 * eps,
  'authority, K > 1': eps,
  'authority, K = 1': 128,
  'one input for all verifiers': eps - 1,
  'key link': eps,
  'base VOLE': eps,
  'VOLE at scale': eps,
  'columns of the OT extension': 128 - Math.log2((places * (places - 1)) / 2),
  'trees of the OT extension': 128,
  sacrifice: eps,
  'inputs of products': eps,
  'extraction of selectors': extraction,
  LPN: lpnLeast,
  'certificates and proofs': 128,
  packets: 128,
  audit: Math.log2(Number(P - 1n)),
};

test('every check names tests that exist', t => {
  t.true(rows.length > 20);
  for (const { check, tests } of rows) {
    const found = [...tests.matchAll(named)];
    t.true(found.length > 0, check);
    for (const [, file, title] of found) t.true(sourceOf(file).includes(title), `${check}: ${file} "${title}"`);
  }
  t.false(sourceOf('security.test.ts').includes(['no such', 'title'].join(' ')));
});

test('every figure is what the code gives', t => {
  for (const { check, bits } of rows) {
    if (bits === '-') continue;
    // 60.9999.. of the field is 61; nothing else is rounded up
    t.is(Number(bits), Math.floor(due[check] + 1e-6), check);
  }
  t.deepEqual(
    rows
      .filter(({ bits }) => bits !== '-')
      .map(({ check }) => check)
      .sort(),
    Object.keys(due).sort(),
  );
});

test('the numbers in the text are those of the code', t => {
  const number = (value: number) => value.toLocaleString('en');
  const { main, first } = lpnStages;
  for (const stage of [main, first]) {
    for (const value of [stage.base, stage.blocks, rowCountOf(stage)])
      t.true(flowing.includes(number(value)), `${value}`);
  }
  t.true(flowing.includes(`${number(gates)} at most`));
  t.true(flowing.includes(`${number((places * (places - 1)) / 2)} pairs of places`));
  const published = Math.min(...ours.map(found => found?.least.published ?? 0));
  t.true(flowing.includes(`costs ${Math.floor(published)} bits`));
  const peeled = Math.min(...ours.map(found => found?.bits.sparsePeeled ?? 0));
  t.true(flowing.includes(`${Math.floor(peeled)} bits, with a floor of ${Math.floor(lpnLeast)}`));
});

test('every file that the text names in src or test exists', t => {
  const files = [...text.matchAll(/`((?:src|test|scripts)\/[^`"\s]+\.ts)`/g)].map(([, file]) => file);
  t.true(files.length > 5);
  for (const file of files) {
    if (file.endsWith('.test.ts') && !file.startsWith('test/')) continue; // of the table, below test/
    t.notThrows(() => readFileSync(join(root, file)), file);
  }
});
