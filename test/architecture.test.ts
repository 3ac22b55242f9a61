/** The layout is a map: imports point downward, the library does no I/O, and every file says what it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

/** A folder of src/ imports only from folders above it in this list; the files beside them may be imported by all. */
const order = [
  'codec',
  'field',
  'crypto',
  'network',
  'sharing',
  'session',
  'preprocessing',
  'proof',
  'envelope',
  'operations',
  'ledger',
  'agreement',
  'bank',
  'wallet',
];
const everywhere = ['errors.ts', 'limits.ts', 'ports.ts'];

// compiled tests stand in build/, and there is no build/package.json
const here = dirname(fileURLToPath(import.meta.url));
const root = here.includes(`${join('build', 'test')}`) ? resolve(here, '../..') : resolve(here, '..');

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('assembly'))
    .map(entry => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gms)].map(
    match => match[1] ?? match[2],
  );
}

/** Where a relative import leads, from the root. */
const target = (file: string, name: string) => join(dirname(file), name).replace(/\.js$/, '.ts');

/** What is wrong with one import of one file of src/, if anything. */
function fault(file: string, name: string): string | undefined {
  if (!name.startsWith('.')) {
    const builtin = name.startsWith('node:') || builtinModules.includes(name);
    return builtin && file !== 'src/crypto/primitives-node.ts' ? 'a Node built-in' : undefined;
  }
  const to = target(file, name);
  if (!to.startsWith('src/')) return 'leaves src/';
  const [from, into] = [file.split('/')[1], to.split('/')[1]];
  if (everywhere.includes(into) || from === into || from === 'index.ts') return undefined;
  if (everywhere.includes(from)) return 'a file for all imports a folder';
  return order.indexOf(into) >= 0 && order.indexOf(into) < order.indexOf(from) ? undefined : 'points upward';
}

test('every folder of src/ is in the list, and imports only from folders above it', t => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter(entry => entry.isDirectory());
  t.deepEqual(folders.map(({ name }) => name).sort(), [...order].sort());
  const faults = sources('src').flatMap(file =>
    importsOf(file).flatMap(name => {
      const why = fault(file, name);
      return why ? [`${file}: ${name} ${why}`] : [];
    }),
  );
  t.deepEqual(faults, []);
});

test('the rule can fail: an upward import, a built-in and a way out of src/ are found', t => {
  t.is(fault('src/field/vector.ts', '../ledger/settle.js'), 'points upward');
  t.is(fault('src/field/vector.ts', 'node:fs'), 'a Node built-in');
  t.is(fault('src/field/vector.ts', '../../node/cli.js'), 'leaves src/');
  t.is(fault('src/ledger/settle.ts', '../field/vector.js'), undefined);
});

test('imports are found at all', t => {
  t.true(importsOf('src/ledger/settle.ts').includes('./checks.js'));
});

test('only tests import the dealer of the tests', t => {
  const users = ['src', 'node'].flatMap(sources).filter(file => importsOf(file).some(name => name.includes('test/')));
  t.deepEqual(users, []);
});

test('every file opens by saying what it is', t => {
  const all = ['src', 'node', 'scripts', 'test'].flatMap(folder =>
    readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
      .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.generated.ts'))
      .map(entry => relative(root, join(entry.parentPath, entry.name))),
  );
  t.true(all.length > 400);
  t.deepEqual(
    all.filter(file => !saysWhatItIs(readFileSync(join(root, file), 'utf8'))),
    [],
  );
  t.false(saysWhatItIs("import test from 'ava';"));
  t.false(saysWhatItIs("/** x */\nimport test from 'ava';"));
});

/** A comment of some words before everything else. */
function saysWhatItIs(text: string): boolean {
  const [, said] = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(text) ?? /^(?:#!.*\n)?((?:\/\/.*\n)+)/.exec(text) ?? [];
  return said !== undefined && said.split(/\s+/).filter(word => /\w/.test(word)).length >= 2;
}
