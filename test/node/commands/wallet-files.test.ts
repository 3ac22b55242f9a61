/** The files of a wallet on a disk: written whole, one process at a time. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { lockFile } from '../../../node/commands/file-lock.js';
import { plain } from '../../../node/commands/output.js';
import { readIfThere, replaceFile } from '../../../node/replace-file.js';
import { isCode } from '../../../src/errors.js';
import { temporaryFolder } from '../../harness/temporary-folder.js';

const folder = () => temporaryFolder();

test('a file is replaced whole, for its owner alone', async t => {
  const at = await folder();
  const file = join(at, 'deep', 'wallet.json');
  t.is(await readIfThere(file), undefined);
  await replaceFile(file, 'old');
  await replaceFile(file, 'new');
  t.is(await readIfThere(file), 'new');
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.deepEqual(await readdir(join(at, 'deep')), ['wallet.json']);
});

test('a write that fails leaves what was there, and nothing beside it', async t => {
  const at = await folder();
  await replaceFile(join(at, 'taken', 'wallet.json'), 'old');
  await t.throwsAsync(replaceFile(join(at, 'taken'), 'new')); // a folder stands there
  t.deepEqual(await readdir(at), ['taken']);
  t.is(await readIfThere(join(at, 'taken', 'wallet.json')), 'old');
  t.true(isCode(await t.throwsAsync(readIfThere(join(at, 'taken'))), 'FILE_MISSING'));
});

test('of many who want a lock, one has it', async t => {
  const file = join(await folder(), 'wallet.json');
  const outcomes = await Promise.allSettled(Array.from({ length: 7 }, () => lockFile(file)));
  const held = outcomes.filter(outcome => outcome.status === 'fulfilled');
  t.is(held.length, 1);
  await held[0].value();
  await (await lockFile(file))();
  t.deepEqual(await readdir(join(file, '..')), []);
});

test('a lock of a process that is gone is taken over; of one that lives, or of another machine, it is not', async t => {
  const file = join(await folder(), 'wallet.json');
  const gone = 2 ** 22 + 1; // above the highest process id that Linux gives
  for (const [holder, taken] of [
    [`${gone} ${hostname()} x\n`, true],
    [`${process.pid} ${hostname()} of an earlier process with this id\n`, true],
    [`${process.ppid} ${hostname()} x\n`, false],
    [`${gone} elsewhere x\n`, false],
    ['what is this', false],
    ['', false],
  ] as const) {
    await writeFile(`${file}.lock`, holder);
    if (taken) await (await lockFile(file))();
    else t.true(isCode(await t.throwsAsync(lockFile(file)), 'STORE_LOCKED'), holder);
  }
});

test('of many who find a lock of a process that is gone, one has it', async t => {
  const file = join(await folder(), 'wallet.json');
  await writeFile(`${file}.lock`, `${2 ** 22 + 1} ${hostname()} x\n`);
  const outcomes = await Promise.allSettled(Array.from({ length: 7 }, () => lockFile(file)));
  t.true(outcomes.filter(outcome => outcome.status === 'fulfilled').length <= 1);
  t.true((await readFile(`${file}.lock`, 'utf8')).startsWith(`${process.pid} `));
});

test('what banks say steers no terminal', t => {
  t.is(plain('a\u001b[2Jb\rc\u202ed\ne\tf'), 'a?[2Jb?c?d\ne\tf');
});
