/** The index of attacks points at tests that exist. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { attackIndex, type Played } from './index.js';

// compiled tests stand in build/; what is read are the sources
const here = dirname(fileURLToPath(import.meta.url));
const root = here.includes(join('build', 'test')) ? resolve(here, '../../..') : resolve(here, '../..');

/** Titles and names, with what quotes do to them undone. */
const textOf = (file: string): string => readFileSync(join(root, 'test', file), 'utf8').replaceAll("\\'", "'");

test('every test that the index names exists', t => {
  const all = attackIndex.flatMap(({ played, removed }) => [played, removed].filter(each => typeof each !== 'string'));
  const missing = (all as (readonly Played[])[]).flat().filter(([file, title]) => !textOf(file).includes(title));
  t.deepEqual(missing, []);
});

test('every attack is played, or the index says why not', t => {
  for (const { attack, played, removed } of attackIndex) {
    for (const each of [played, removed]) t.true(each.length > 0, attack);
  }
  t.is(new Set(attackIndex.map(({ attack }) => attack)).size, attackIndex.length);
});

test('a title that no test has is found', t => {
  t.false(textOf('attacks/index.ts').includes(['no such', 'title'].join(' ')));
});
