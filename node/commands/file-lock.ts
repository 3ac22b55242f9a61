/**
 * One process at a time: a file beside the wallet, made only where there is none, that says who made it.
 *
 * A lock whose process is gone is moved aside, not removed: of several that find it, one moves it. Whoever has moved a
 * lock that turns out to be another's puts it back.
 *
 * Not here: locks across machines. A lock of another host stays until a person removes it.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import { CovaultError } from '../../src/errors.js';
import { hasCode } from '../files.js';

const triesMax = 5;

/** Resolves to what gives it back. Throws STORE_LOCKED: another process has it. */
export async function lockFile(file: string): Promise<() => Promise<void>> {
  const lock = `${file}.lock`;
  const mine = `${process.pid} ${hostname()} ${randomBytes(6).toString('hex')}\n`;
  await mkdir(dirname(lock), { recursive: true, mode: 0o700 });
  heldHere.add(mine); // before anybody in this process can read it
  for (let tries = 0; tries < triesMax; tries++) {
    if (await make(lock, mine)) return () => giveBack(lock, mine);
    const holder = await read(lock);
    if (holder === undefined) continue; // given back this moment
    if (isAlive(holder)) {
      throw new CovaultError('STORE_LOCKED', `another process uses ${file} (lock: ${lock})`, {
        file,
        holder: holder.trim(),
      });
    }
    await moveAside(lock, holder);
  }
  throw new CovaultError('STORE_LOCKED', `${file} is in much demand (lock: ${lock})`, { file });
}

/** Written elsewhere and linked into place: whoever reads a lock reads all of it. */
async function make(lock: string, text: string): Promise<boolean> {
  const draft = `${lock}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, text, { flag: 'wx', mode: 0o600 });
  try {
    await link(draft, lock);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function read(lock: string): Promise<string | undefined> {
  try {
    return await readFile(lock, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Process ids come again, first of all in containers: one's own in a lock one has not made is an old one. */
const heldHere = new Set<string>();

function isAlive(holder: string): boolean {
  const [pid, host] = holder.trim().split(' ');
  if (host !== hostname() || !/^[1-9][0-9]*$/.test(pid)) return true;
  if (Number(pid) === process.pid) return heldHere.has(holder);
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

async function moveAside(lock: string, dead: string): Promise<void> {
  const aside = `${lock}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(lock, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if ((await read(aside)) !== dead) await link(aside, lock).catch(() => {});
  await rm(aside, { force: true });
}

async function giveBack(lock: string, mine: string): Promise<void> {
  heldHere.delete(mine);
  if ((await read(lock)) === mine) await rm(lock, { force: true });
}
