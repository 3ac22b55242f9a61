/**
 * Files that must be there after a power cut, and files that nobody else may read.
 *
 * Not here: the ledger's store (`storage/`).
 */
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CovaultError } from '../src/errors.js';

const secretMode = 0o600;
const publicMode = 0o644;

/** Whole and on the disk when it resolves, or not there at all; never over another file. Throws FILE_EXISTS. */
export async function writeNewFile(file: string, text: string, kind: 'secret' | 'public'): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, ...(kind === 'secret' ? { mode: 0o700 } : {}) });
  await refuseExisting(file);
  // written beside it, then named: a crash leaves no half of a key file under its name
  const draft = `${file}.${process.pid}.new`;
  await writeSynced(draft, text, kind === 'secret' ? secretMode : publicMode);
  try {
    await link(draft, file);
  } catch (error) {
    throw hasCode(error, 'EEXIST') ? fileExists(file) : error;
  } finally {
    await unlink(draft);
  }
  await syncFolder(folder);
}

export async function writeSynced(file: string, text: string | Uint8Array, mode: number): Promise<void> {
  const handle = await open(file, 'w', mode);
  try {
    await handle.chmod(mode);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function refuseExisting(file: string): Promise<void> {
  if (await exists(file)) throw fileExists(file);
}

export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    error => {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    },
  );
}

/** Throws FILE_MISSING; `what` says what should lie there and how it comes there. */
export async function readTextFile(file: string, what: string): Promise<string> {
  return readFile(file, 'utf8').catch(error => {
    if (!hasCode(error, 'ENOENT', 'EISDIR', 'EACCES')) throw error;
    throw new CovaultError('FILE_MISSING', `cannot read ${file}: ${what}`, { file });
  });
}

/** The name of a new file is durable once its folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function fileExists(file: string): CovaultError {
  return new CovaultError('FILE_EXISTS', `${file} exists; nothing was overwritten`, { file });
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
