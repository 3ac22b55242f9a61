/**
 * Inputs as files: `corpus/` holds what reaches code that the samples do not reach, `regressions/` what once did harm. A folder
 * for each target, a file for each input, named by its content.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// compiled tests stand in build/; inputs and sources do not
const here = dirname(fileURLToPath(import.meta.url));
export const root = here.includes(join('build', 'test')) ? resolve(here, '../../../..') : resolve(here, '../../..');

export type Kind = 'corpus' | 'regressions';

const folderOf = (kind: Kind) => join(root, 'test/fuzz', kind);

/** The name of a target's folder. */
export const slugOf = (target: string): string => target.replaceAll(/[^a-z0-9]+/gi, '-');

/** Names of the folders that are there. */
export function foldersIn(kind: Kind): string[] {
  return existsSync(folderOf(kind)) ? readdirSync(folderOf(kind)).sort() : [];
}

export interface KeptInput {
  readonly file: string;
  readonly bytes: Uint8Array;
}

export function readInputs(kind: Kind, slug: string): KeptInput[] {
  const folder = join(folderOf(kind), slug);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map(file => ({ file, bytes: new Uint8Array(readFileSync(join(folder, file))) }));
}

const nameOf = (bytes: Uint8Array): string => `${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.bin`;

/** Answers with where it stands, from the root of the repository. */
export function keepInput(kind: Kind, slug: string, bytes: Uint8Array): string {
  const folder = join(folderOf(kind), slug);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, nameOf(bytes)), bytes);
  return join('test/fuzz', kind, slug, nameOf(bytes));
}

/** The corpus of a target is these, and nothing else. */
export function replaceCorpus(slug: string, inputs: readonly Uint8Array[]): void {
  rmSync(join(folderOf('corpus'), slug), { recursive: true, force: true });
  for (const bytes of inputs) keepInput('corpus', slug, bytes);
}
