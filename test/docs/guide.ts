/**
 * A guide as its tests take it apart: blocks of commands with the paragraph above each, links, tables; and its commands run, in
 * order, by one bash.
 *
 *     ```sh            run
 *     ```sh not-run    not run: the paragraph above says **Not run by the test**, and why
 *     ```text          what somebody then sees (`shownLines`)
 *     ```ts            of a program: not run here
 *     <!-- test: NAME -->    a stage direction: what the test does to the world at this place; no reader sees it
 *
 * Not here: what a guide must say.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { root } from '../node/real-processes.js';

export interface Block {
  readonly kind: 'run' | 'not-run' | 'text' | 'program';
  readonly text: string;
  /** The paragraph above it. */
  readonly before: string;
}

export interface Guide {
  readonly text: string;
  readonly blocks: readonly Block[];
  /** In order. */
  readonly steps: readonly Step[];
}

type Step = { readonly command: string } | { readonly direction: string };

const kinds: Readonly<Record<string, Block['kind']>> = {
  sh: 'run',
  'sh not-run': 'not-run',
  text: 'text',
  ts: 'program',
};

/** A file of docs/. Throws for a block that is none of these. */
export const readGuide = (file: string): Guide => parseGuide(readFileSync(join(root, 'docs', file), 'utf8'));

export function parseGuide(text: string): Guide {
  const [blocks, steps]: [Block[], Step[]] = [[], []];
  for (const { index, 1: info, 2: inside, 3: direction } of text.matchAll(
    /^```(.*)\n([\s\S]*?)^```$|^<!-- test: (.+) -->$/gm,
  )) {
    if (direction !== undefined) {
      steps.push({ direction });
      continue;
    }
    const kind = kinds[info];
    if (!kind) throw new Error(`a block of kind '${info}'`);
    blocks.push({ kind, text: inside, before: text.slice(0, index).trimEnd().split('\n\n').at(-1) ?? '' });
    if (kind === 'run') steps.push({ command: inside });
  }
  return { text, blocks, steps };
}

/** All that is run, with what the test does at each stage direction. Throws for a direction that the test does not know. */
export function scriptOf({ steps }: Guide, directions: Readonly<Record<string, string>> = {}): string {
  const lines = steps.map(step => {
    if ('command' in step) return step.command;
    const done = directions[step.direction];
    if (done === undefined) throw new Error(`no such stage direction: ${step.direction}`);
    return done;
  });
  return lines.join('\n');
}

/** What stands under one heading of the second level, as a guide of its own. Throws when there is no such heading. */
export function guideUnder(text: string, heading: string): Guide {
  if (!text.includes(`\n## ${heading}\n`)) throw new Error(`no heading ${heading}`);
  return parseGuide(sectionOf(text, heading).join('\n'));
}

function sectionOf(text: string, heading: string): string[] {
  const part = text.slice(text.indexOf(`\n## ${heading}\n`) + 1);
  return part.slice(0, part.indexOf('\n## ', 1)).split('\n');
}

/** What stands in the first column of the table under this heading, between back-quotes. */
export function firstColumn({ text }: Guide, heading: string): string[] {
  return sectionOf(text, heading)
    .filter(line => line.startsWith('| `'))
    .flatMap(line => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name));
}

/**
 * Of a table of alerts: each code with the levels that its row names. A row of several codes gives one levels' list for all, or
 * one each, between semicolons.
 */
export function levelsByCode({ text }: Guide, heading: string): Record<string, string[]> {
  const rows = sectionOf(text, heading).filter(line => line.startsWith('| `'));
  const pairs = rows.flatMap(row => {
    const [, first, second] = row.split('|');
    const codes = [...first.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
    const parts = second.split(';').map(part => [...part.matchAll(/\b(?:act|watch|note)\b/g)].map(([level]) => level));
    if (parts.length !== 1 && parts.length !== codes.length) throw new Error(`levels of ${codes.join()}`);
    return codes.map((code, i) => [code, (parts.length === 1 ? parts[0] : parts[i]).sort()] as const);
  });
  return Object.fromEntries(pairs);
}

/** What is not run says so where it stands, and nothing else does. */
export function checkNotRun(t: ExecutionContext, { blocks }: Guide): void {
  t.true(blocks.filter(({ kind }) => kind === 'run').length >= 10);
  for (const { kind, text, before } of blocks) {
    t.is(before.includes('**Not run by the test**'), kind === 'not-run', text);
  }
}

/** Links lead to files that are there. */
export function checkLinks(t: ExecutionContext, { text }: Guide): void {
  const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path]) => path);
  t.true(links.length >= 3);
  for (const path of links) t.notThrows(() => accessSync(join(root, 'docs', path)), path);
}

const has = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Whether this machine has what commands of the guides take. */
export const canRun = has('bash') && has('curl');

/** Runs it in the project's folder, with nothing of this process's own settings but the path. Gives standard output. */
export async function runScript(script: string, env: Readonly<Record<string, string>>): Promise<string> {
  // whatever happens, no bank outlives the test
  const guarded = `set -euo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n${script}`;
  const { stdout } = await promisify(execFile)('bash', ['-c', guarded], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
    timeout: 280_000,
  });
  return stdout;
}

/** Lines of a shown output as patterns: numbers and addresses may be others, and "..." stands for anything. */
export function shownLines({ blocks }: Guide): RegExp[] {
  const lines = blocks.filter(({ kind }) => kind === 'text').flatMap(({ text }) => text.trimEnd().split('\n'));
  return lines.map(line => {
    const pattern = line
      .trim()
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/\s+/g, '\\s+')
      .replaceAll('\\.\\.\\.', '.*')
      .replace(/\d+/g, '\\d+');
    return new RegExp(`^\\s*${pattern}\\s*$`, 'm');
  });
}
