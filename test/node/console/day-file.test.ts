/** The day on the disk: what was written is read, and nothing that is there keeps a bank from starting. */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DayFile, decodeDay, decodeDayFile, encodeDay, encodeDayFile } from '../../../node/console/day-file.js';
import { History, type PastMinute } from '../../../node/console/history.js';
import { CovaultError } from '../../../src/errors.js';
import { consoleDayBytesMax, consoleDayWriteMs, consoleMinutesMax } from '../../../src/limits.js';
import { temporaryFolder } from '../../harness/temporary-folder.js';
import { memoryLog } from '../gateway/fake-bank.js';
import { consoleWorld, look, network } from './world.js';

const minute = 60_000;
/** A day with all that a minute can have, and a gap in it. */
function aDay(): readonly PastMinute[] {
  const history = new History(0);
  history.record(1_000, [
    { kind: 'settled', pi: 0 },
    { kind: 'opened', account: 1 },
    { kind: 'rekeyed', page: 1 },
  ]);
  history.record(1_000, [
    { kind: 'rejected', reason: 'linear' },
    { kind: 'revealed', y: 1n },
  ]);
  for (const ms of [20, 40]) history.latency(1_000, ms);
  const full = { ...look, queue: 3, stockSeconds: 0.012, dataBytes: 3e8, diskFreeBytes: 5e12, memoryBytes: 4e8 };
  history.look(2_000, full);
  history.look(3_000, { ...full, queue: 700, isAble: false });
  history.look(4_000, full);
  for (const m of [1, 2, 7, 8]) history.look(m * minute, { ...look, queue: m });
  return history.past;
}

const day = aDay();
const codeOf = (read: () => unknown) => {
  try {
    read();
    return 'taken';
  } catch (error) {
    return error instanceof CovaultError ? error.code : String(error);
  }
};

async function world() {
  const folder = temporaryFolder();
  const file = join(folder, 'console-day');
  const log = memoryLog();
  return { folder, file, log, day: new DayFile(file, network.id, log) };
}

test('a day that is written is read as it was, for its owner alone', async t => {
  const { file, day: of, log } = await world();
  await of.save(day);
  t.deepEqual(await of.load(), day);
  t.is((await stat(file)).mode & 0o777, 0o600);
  await of.save(day.slice(1));
  t.deepEqual(await of.load(), day.slice(1));
  t.deepEqual(log.lines, []);
});

test('where there is no day one begins, and nothing is said', async t => {
  const { day: of, log } = await world();
  t.deepEqual(await of.load(), []);
  t.deepEqual(log.lines, []);
});

const good = encodeDayFile(day, network.id);
const flipped = (at: number) => good.map((byte, i) => (i === at ? byte ^ 1 : byte));
const unusable: Readonly<Record<string, Uint8Array>> = {
  'an empty file': new Uint8Array(),
  'a file that was cut off': good.subarray(0, 100),
  'a file in which a bit changed': flipped(90),
  'a file whose end changed': flipped(good.length - 1),
  'a file with bytes too many': Uint8Array.from([...good, 0]),
  'the day of another network': encodeDayFile(
    day,
    network.id.map(byte => byte ^ 1),
  ),
  'a file that is too large': new Uint8Array(consoleDayBytesMax + 1),
};
for (const [what, bytes] of Object.entries(unusable)) {
  test(`${what} is put aside and said, and the next day is written in its place`, async t => {
    const { folder, file, day: of, log } = await world();
    await writeFile(file, bytes);
    t.deepEqual(await of.load(), []);
    t.deepEqual(await readdir(folder), ['console-day.unread']);
    t.deepEqual(new Uint8Array(await readFile(`${file}.unread`)), new Uint8Array(bytes), 'for whoever wants to look');
    t.is(log.lines.length, 1);
    t.regex(log.lines[0].event, /put aside/);
    await of.save(day);
    t.deepEqual(await of.load(), day);
  });
}

test('a folder in the place of the file keeps nobody from starting', async t => {
  const { file, day: of, log } = await world();
  await mkdir(file);
  t.deepEqual(await of.load(), []);
  t.is(log.lines.length, 1);
  await of.save(day);
  t.deepEqual(await of.load(), day);
});

test('a disk that takes nothing is said once, and again after it took something', async t => {
  const { folder, log } = await world();
  const inside = join(folder, 'a', 'console-day');
  await writeFile(join(folder, 'a'), 'a file where a folder should be');
  const of = new DayFile(inside, network.id, log);
  await of.save(day);
  await of.save(day);
  t.is(log.lines.filter(line => line.event.includes('cannot be written')).length, 1);
});

test('minutes out of order, twice, or of no minute are refused, and more than a day', t => {
  const [first, second] = day;
  const at = (of: PastMinute, ms: number): PastMinute => ({ ...of, sample: { ...of.sample, at: ms } });
  t.is(
    codeOf(() => decodeDay(encodeDay([second, first]))),
    'MALFORMED',
  );
  t.is(
    codeOf(() => decodeDay(encodeDay([first, first]))),
    'MALFORMED',
  );
  t.is(
    codeOf(() => decodeDay(encodeDay([at(first, 1)]))),
    'MALFORMED',
  );
  const many = Array.from({ length: consoleMinutesMax + 1 }, (_, m) => at(first, m * minute));
  t.is(
    codeOf(() => decodeDay(encodeDay(many))),
    'OVERSIZED',
  );
  const whole = encodeDayFile(many.slice(1), network.id);
  t.true(whole.length <= consoleDayBytesMax, 'a whole day fits');
  t.is(decodeDayFile(whole, network.id).length, consoleMinutesMax);
});

test('figures that no minute has are refused', t => {
  const [first] = day;
  const over = (sample: Partial<PastMinute['sample']>) =>
    encodeDay([{ ...first, sample: { ...first.sample, ...sample } }]);
  for (const wrong of [
    { able: 1.5 },
    { able: Number.NaN },
    { able: -0 },
    { stockSeconds: Number.POSITIVE_INFINITY },
    { stockSeconds: -1 },
    { queue: 3 },
  ]) {
    t.is(
      codeOf(() => decodeDay(over(wrong))),
      'MALFORMED',
      JSON.stringify(wrong),
    );
  }
  t.is(
    codeOf(() => decodeDay(over({}))),
    'taken',
  );
});

test('the day of a console goes on after a restart: written every few minutes and at the end', async t => {
  const dayFile = join(temporaryFolder(), 'console-day');
  const first = await consoleWorld({ dayFile });
  await first.tick();
  first.advance(minute);
  await first.tick();
  await t.throwsAsync(stat(dayFile), { code: 'ENOENT' }, 'not every minute');
  for (let passed = 0; passed < consoleDayWriteMs; passed += minute) {
    first.advance(minute);
    await first.tick();
  }
  await first.model.stop();
  t.deepEqual(decodeDayFile(await readFile(dayFile), network.id).length, first.model.history.minutes.length);
  const second = await consoleWorld({ dayFile, wallNow: () => first.wall.ms });
  t.deepEqual((await second.get('/v1/history')).json().minutes, first.model.history.minutes);
  t.is(second.model.state.totals.since, first.model.history.minutes[0].at);
});
