/**
 * Whatever bytes arrive at a decoder, it throws a typed error or gives a value: nothing else is thrown, nothing has two
 * encodings where there shall be one. Tried are spoiled samples, what `scripts/fuzz` has found to reach more code (`corpus/`),
 * and what once did harm (`regressions/`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { CovaultError } from '../../src/errors.js';
import { foldersIn, readInputs, root, slugOf } from './guided/folders.js';
import { spoiled } from './spoil.js';
import { type FuzzTarget, judge } from './target.js';
import { noTargets, targets } from './targets.js';

const seed = 20_261_127;

for (const target of targets) {
  test(`any bytes are one ${target.name}, or are refused with a typed error`, async t => {
    for (const sample of target.samples.slice(0, 5)) t.not((await judge(target, sample)).kind, 'fault');
    const kinds = new Set<string>();
    await fc.assert(
      fc.asyncProperty(spoiled(target.samples), async bytes => {
        const verdict = await judge(target, bytes);
        kinds.add(verdict.kind);
        t.not(verdict.kind, 'fault', verdict.kind === 'fault' ? verdict.why : '');
      }),
      { numRuns: 400, seed },
    );
    t.deepEqual([...kinds].sort(), ['refused', 'taken'], 'both were tried');
  });

  test(`every beginning of one ${target.name} is one too, or is refused`, async t => {
    for (const sample of target.samples.slice(0, 6)) {
      const count = Math.min(sample.length, 100);
      for (let k = 0; k < count; k++) {
        const verdict = await judge(target, sample.slice(0, Math.floor((k * sample.length) / count)));
        t.not(verdict.kind, 'fault', verdict.kind === 'fault' ? verdict.why : '');
      }
    }
  });
}

for (const kind of ['corpus', 'regressions'] as const) {
  test(`inputs that were kept, ${kind}, are taken or refused`, async t => {
    const bySlug = new Map(targets.map(target => [slugOf(target.name), target]));
    t.is(bySlug.size, targets.length);
    let tried = 0;
    for (const slug of foldersIn(kind)) {
      const target = bySlug.get(slug);
      t.truthy(target, `${kind}/${slug} belongs to a target`);
      for (const { file, bytes } of readInputs(kind, slug)) {
        const verdict = await judge(target as FuzzTarget, bytes);
        t.not(verdict.kind, 'fault', `${slug}/${file}: ${verdict.kind === 'fault' ? verdict.why : ''}`);
        tried++;
      }
    }
    t.true(tried > 0);
  });
}

test('the judge finds what it is there for', async t => {
  const base = { name: 'none', covers: [], samples: [], codes: ['MALFORMED'], form: 'canonical' } as const;
  const bytes = Uint8Array.of(1, 2);
  const kind = async (again: FuzzTarget['again'], form: FuzzTarget['form'] = 'canonical') =>
    (await judge({ ...base, form, again }, bytes.slice())).kind;
  t.is(await kind(b => b.slice()), 'taken');
  t.is(await kind(b => b.slice(1)), 'fault');
  t.is(await kind(b => b.slice(1), 'stable'), 'fault');
  t.is(await kind(b => b.fill(0)), 'fault', 'it wrote to its input');
  const thrown = (error: Error) => () => {
    throw error;
  };
  t.is(await kind(thrown(new CovaultError('MALFORMED', ''))), 'refused');
  t.is(await kind(thrown(new CovaultError('INTERNAL', ''))), 'fault');
  t.is(await kind(thrown(new RangeError())), 'fault');
});

/** Exported functions whose names say that they read something. */
function decodersIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('assembly'))
    .flatMap(entry => {
      const file = join(entry.parentPath, entry.name);
      const named = /^export (?:async )?(?:function\*?|const) ((?:decode|read|parse)[A-Z]\w*)/gm;
      return [...readFileSync(file, 'utf8').matchAll(named)].map(
        ([, name]) => `${file.slice(root.length + 1)} ${name}`,
      );
    });
}

test('every exported decode…, read… and parse… is fuzzed, or it is said why not', t => {
  const there = new Set([...decodersIn('src'), ...decodersIn('node')]);
  const covered = new Set(targets.flatMap(({ covers }) => covers));
  t.true(there.size > 40);
  t.deepEqual(
    [...there].filter(name => !covered.has(name) && !(name in noTargets)),
    [],
  );
  t.deepEqual(
    Object.keys(noTargets).filter(name => covered.has(name) || (!there.has(name) && !name.includes('readLog'))),
    [],
  );
  for (const name of covered) {
    const [file, ident] = name.split(' ');
    t.true(readFileSync(join(root, file), 'utf8').includes(ident.split('.').pop() as string), name);
  }
});

test('a wallet file of many megabytes is refused for what it is', async t => {
  const target = targets.find(({ name }) => name === 'wallet file') as FuzzTarget;
  const file = JSON.parse(new TextDecoder().decode(target.samples[0])) as Record<string, unknown>;
  const large = new TextEncoder().encode(JSON.stringify({ ...file, sealed: 'ab'.repeat(10_000_000) }));
  const verdict = await judge(target, large);
  t.is(verdict.kind, 'refused', verdict.kind === 'fault' ? verdict.why : '');
});
