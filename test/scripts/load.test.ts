/** `scripts/load`, in short runs. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { cleanUp, start, temporaryFolder } from '../node/real-processes.js';

test.after.always(cleanUp);

const script = 'scripts/load-generator/main.js';
const small = ['--pages', '8', '--outstanding', '4', '--seconds', '2', '--warmup', '0'];
const lastLine = (out: string) => JSON.parse(out.trimEnd().split('\n').at(-1) as string);

/** Processes of this machine whose command line holds this text. */
async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter(name => /^[0-9]+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(text)) found.push(pid);
  }
  return found;
}

test('a short run ends with one JSON object that says everything, and leaves nothing behind', async t => {
  t.timeout(120_000);
  const folder = await temporaryFolder();
  const run = start(script, ['--banks', '2', ...small, '--overdraw', '0.5', '--lookups', '6', '--json'], {
    TMPDIR: folder,
  });
  const { code, out, err } = await run.ended;
  t.is(code, 0, err);
  const report = lastLine(out);
  for (const field of ['settledPerSecond', 'bytesPerTransferPerBank', 'roundsPerBlock', 'transfersPerBlock']) {
    t.true(report[field] > 0, field);
  }
  for (const field of ['p50', 'p95', 'p99']) t.true(report.latencyMs[field] > 0, field);
  t.true(report.cpuMsPerTransferPerBank > 0);
  t.is(report.rssMiBPerBank.length, 2);
  t.true(report.preprocessing.vole.used > 0);
  t.deepEqual([report.conserved, report.rejected], [true, 0]);
  const { applied, cancelled, transfers, wrongVerdicts, balancesRevealed, balancesWrong } = report.whole;
  t.is(applied + cancelled, transfers);
  t.true(applied > 0 && cancelled > 0);
  t.deepEqual([wrongVerdicts, balancesWrong], [0, 0]);
  t.true(report.lookups.settledPerSecond > 0 && report.lookups.latencyMs.p50 > 0);
  t.true(balancesRevealed > 8, 'those looked up, and eight at the end');
  t.true(report.firstSettledSeconds > 0 && report.startSeconds > 0);
  t.is(report.generator.submit, 'session');
  t.deepEqual([report.generator.refusedForNow, report.generator.resent], [0, 0]);
  const { banks, pageSize, pages, threatModel, machine, node } = report.statement;
  t.deepEqual([banks, pageSize, pages, node], [2, 1, 8, process.version]);
  t.true(threatModel.includes('malicious') && machine.length > 0);
  t.deepEqual(await readdir(folder), []);
  t.deepEqual(await processesWith(folder), []);
});

test('hidden slots, late frames, an open loop, a profile and a page, in one run', async t => {
  t.timeout(120_000);
  const folder = await temporaryFolder();
  const page = join(folder, 'load.html');
  const shape = ['--banks', '2', '--page-size', '4', '--pages', '2', '--seconds', '2', '--warmup', '0'];
  const { code, out, err } = await start(
    script,
    [...shape, '--submit', 'http', '--rate', '8', '--delay-ms', '5', '--no-prepared', '--profile', '--html', page],
    { TMPDIR: folder },
  ).ended;
  t.is(code, 0, err);
  t.regex(out, /5 ms one-way delay injected/);
  t.regex(out, /open loop, 8\/s, Poisson/);
  t.regex(out, /handed in by +HTTP POST/);
  t.regex(out, /conserved +yes/);
  t.regex(out, /self time by folder:[\s\S]* src\//);
  const html = await readFile(page, 'utf8');
  t.regex(html, /new uPlot/);
  t.regex(html, /Handed in by HTTP POST/);
  t.notRegex(html, /(src|href)=/, 'it loads nothing');
  t.deepEqual(await readdir(folder), ['load.html']);
});

test('one transfer at a time; envelopes that run out are made meanwhile', async t => {
  t.timeout(120_000);
  const folder = await temporaryFolder();
  const lone = ['--lone', '--pages', '4', '--seconds', '2', '--warmup', '0', '--ahead', '1', '--json'];
  const { code, out, err } = await start(script, ['--banks', '2', ...lone], { TMPDIR: folder }).ended;
  t.is(code, 0, err);
  const report = lastLine(out);
  t.true(report.settled > 1);
  t.is(report.transfersPerBlock, 1);
  t.is(report.generator.submit, 'http');
  t.is(report.conserved, true);
  t.deepEqual(await readdir(folder), []);
});

test('a run that is interrupted leaves no bank running and no folder', async t => {
  t.timeout(120_000);
  const folder = await temporaryFolder();
  const run = start(script, ['--banks', '2', ...small], { TMPDIR: folder });
  await run.said(/accounts opened/);
  const [made] = await readdir(folder);
  t.true((await processesWith(join(folder, made))).length >= 2, 'the banks run');
  run.child.kill('SIGINT');
  const { code, out } = await run.ended;
  t.deepEqual([code, out], [130, '']);
  t.deepEqual(await readdir(folder), []);
  t.deepEqual(await processesWith(folder), []);
});

test('a bank that ends by itself ends the run, which says so and leaves nothing behind', async t => {
  t.timeout(120_000);
  const folder = await temporaryFolder();
  const run = start(script, ['--banks', '2', ...small, '--seconds', '60', '--ahead', '500'], { TMPDIR: folder });
  await run.said(/the clock runs/);
  const [made] = await readdir(folder);
  const [bank] = await processesWith(join(folder, made));
  process.kill(Number(bank), 'SIGKILL');
  const { code, err } = await run.ended;
  t.is(code, 1);
  t.regex(err, /has ended by itself/);
  t.deepEqual(await readdir(folder), []);
  t.deepEqual(await processesWith(folder), []);
});

for (const [what, args] of [
  ['no banks', []],
  ['one bank', ['--banks', '1']],
  ['a page of none', ['--banks', '2', '--page-size', '0']],
  ['more holders than accounts', ['--banks', '2', '--pages', '4', '--holders', '5']],
  ['one account', ['--banks', '2', '--pages', '1']],
  ['a rate for one at a time', ['--banks', '2', '--lone', '--rate', '3']],
  ['a session for one at a time', ['--banks', '2', '--lone', '--submit', 'session']],
  ['a way to submit that nobody knows', ['--banks', '2', '--submit', 'pigeon']],
  ['more submitters than banks take', ['--banks', '2', '--submitters', '17']],
  ['a delay that is no number', ['--banks', '2', '--delay-ms', 'soon']],
  ['an option that nobody knows', ['--banks', '2', '--fast']],
] as const) {
  test(`${what}: the call is wrong, and nothing is started`, async t => {
    const folder = await temporaryFolder();
    const { code, out, err } = await start(script, args, { TMPDIR: folder }).ended;
    t.deepEqual([code, out], [2, '']);
    t.regex(err, /--|option/);
    t.deepEqual(await readdir(folder), []);
  });
}

test('--help tells every option', async t => {
  const { code, out } = await start(script, ['--help']).ended;
  t.is(code, 0);
  for (const option of ['--banks', '--page-size', '--pages', '--seconds', '--delay-ms', '--rate', '--lone', '--html']) {
    t.true(out.includes(option), option);
  }
  t.false(existsSync('load.html'));
});
