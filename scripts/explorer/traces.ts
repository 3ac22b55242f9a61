/** Counterexamples as files: with all that it takes to go the same way again. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hash, toHex, utf8 } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import { type Bounds, small, words } from './bounds.js';

export interface Trace {
  /** The rule that was taken out; none if the code was whole. */
  readonly rule: string | undefined;
  readonly bounds: Bounds;
  readonly what: string;
  /** Labels of steps. */
  readonly steps: readonly string[];
}

const folder = fileURLToPath(new URL('../../traces/', import.meta.url));

/** 8 digits. */
export function idOfTrace(trace: Trace): string {
  return toHex(hash('explore/trace', utf8(write(trace)))).slice(0, 8);
}

const write = ({ rule, bounds, what, steps }: Trace) =>
  JSON.stringify({ rule: rule ?? null, bounds: { ...bounds, cheat: bounds.cheat ?? null }, what, steps }, null, 1);

/** Answers with its id. */
export async function saveTrace(trace: Trace): Promise<string> {
  const id = idOfTrace(trace);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${id}.json`), write(trace));
  return id;
}

/** By id, of a search on this machine, or by file. Throws BAD_CONFIG. */
export async function loadTrace(idOrFile: string): Promise<Trace> {
  const file = /^[0-9a-f]{8}$/.test(idOrFile) ? join(folder, `${idOrFile}.json`) : idOrFile;
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    throw new CovaultError('BAD_CONFIG', `no trace can be read there: ${idOrFile}`);
  }
  return checkTrace(value);
}

/** Throws BAD_CONFIG. */
export function checkTrace(value: unknown): Trace {
  const refuse = (what: string) => new CovaultError('BAD_CONFIG', `no trace: ${what}`);
  if (!isObject(value)) throw refuse('not an object');
  const { rule, bounds, what, steps } = value;
  if (rule !== null && typeof rule !== 'string') throw refuse('rule');
  if (typeof what !== 'string') throw refuse('what');
  if (!Array.isArray(steps) || !steps.every(step => typeof step === 'string')) throw refuse('steps');
  if (!isObject(bounds)) throw refuse('bounds');
  for (const [key, like] of Object.entries(small)) {
    const given = bounds[key];
    if (key === 'words') {
      if (!Array.isArray(given) || !given.every(word => words.includes(word))) throw refuse('words');
    } else if (key === 'cheat') {
      if (given !== null && !isSmall(given)) throw refuse('cheat');
    } else if (typeof like === 'boolean' ? typeof given !== 'boolean' : !isSmall(given)) throw refuse(key);
  }
  if (!isSmall(bounds.banks) || bounds.banks < 2 || bounds.banks > 3) throw refuse('banks');
  const checked = { ...bounds, cheat: bounds.cheat ?? undefined } as unknown as Bounds;
  return { rule: rule ?? undefined, bounds: checked, what, steps };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSmall = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31;
