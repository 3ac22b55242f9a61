/**
 * A file that is written again and again, for its owner alone: whole or not at all.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CovaultError } from '../src/errors.js';
import { hasCode, syncFolder, writeSynced } from './files.js';

/** Nothing when there is no such file. Throws FILE_MISSING when it cannot be read. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (!hasCode(error, 'EACCES', 'EISDIR', 'EPERM', 'ENOTDIR')) throw error;
    throw new CovaultError('FILE_MISSING', `${file} cannot be read`, { file });
  }
}

/** A new file beside it, on the disk, then put in its place: a crash leaves the old text or the new one. Mode 600. */
export async function replaceFile(file: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}.draft`;
  try {
    await writeSynced(draft, text, 0o600);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(file));
}
