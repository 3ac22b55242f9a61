/**
 * The operator's guide against what there is: its commands run, in order, on two real banks; every metric and every alert that
 * there is stands in it, and no other. What needs root or systemd is not run, and must say so where it stands.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { alertCodes } from '../../node/console/index.js';
import { buildGateway } from '../../node/gateway/index.js';
import { FakeBank, memoryLog, statusWithThread } from '../node/gateway/fake-bank.js';
import { cleanUp, root, takenPort, temporaryFolder } from '../node/real-processes.js';

const guide = readFileSync(join(root, 'docs/operator-guide.md'), 'utf8');

interface Block {
  readonly isRun: boolean;
  readonly text: string;
  /** The paragraph above it. */
  readonly before: string;
}

const blocks: readonly Block[] = [...guide.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(
  ({ index, 1: info, 2: text }) => ({
    isRun: info === 'sh',
    text,
    before: guide.slice(0, index).trimEnd().split('\n\n').at(-1) ?? '',
  }),
);

/** What stands in the first column of the table under this heading, between back-quotes. */
function firstColumn(heading: string): string[] {
  const part = guide.slice(guide.indexOf(`\n## ${heading}\n`) + 1);
  const section = part.slice(0, part.indexOf('\n## ', 1));
  return section
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .flatMap(line => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name));
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
const canRun = has('bash') && has('curl');

test.after.always(cleanUp);

test('every metric of a bank stands in the guide, and no other', async t => {
  const bank = new FakeBank();
  bank.now = statusWithThread;
  const links = () => ({
    sentBytes: { envelopes: 1, agreement: 1, preprocessing: 1 },
    receivedBytes: 1,
    injectedDelayMs: 0,
  });
  const { app } = await buildGateway(bank, { host: '127.0.0.1', port: 0, networkFile: '{}', log: memoryLog(), links });
  const text = (await app.inject('/metrics')).body;
  const exported = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  t.deepEqual(firstColumn('Metrics').sort(), exported.filter(name => name.startsWith('covault_')).sort());
  const others = [...guide.matchAll(/`((?:process|nodejs)_\w*[a-z])`/g)].map(([, name]) => name);
  t.true(others.length > 0);
  t.deepEqual(
    others.filter(name => !exported.includes(name)),
    [],
  );
});

test('every alert of the console stands in the guide, and no other', t => {
  t.deepEqual(firstColumn('Alerts').sort(), [...alertCodes].sort());
});

test('what is not run says so where it stands, and nothing else does', t => {
  t.true(blocks.filter(({ isRun }) => isRun).length >= 10);
  for (const { isRun, text, before } of blocks) t.is(before.includes('**Not run by the test**'), !isRun, text);
});

test('links of the guide lead to files that are there', t => {
  const links = [...guide.matchAll(/\]\((\.\.\/[^)#]+)\)/g)].map(([, path]) => path);
  t.true(links.length >= 3);
  for (const path of links) t.notThrows(() => accessSync(join(root, 'docs', path)), path);
});

(canRun ? test : test.skip)('the commands of the guide run, in order, on two real banks', async t => {
  const taken = await Promise.all(Array.from({ length: 6 }, takenPort));
  const ports = new Map(
    ['4001', '4002', '8001', '8002', '8101', '8102'].map((port, i) => [port, String(taken[i].port)]),
  );
  await Promise.all(taken.map(({ close }) => close()));
  const written = blocks.filter(({ isRun }) => isRun).map(({ text }) => text);
  const script = written.join('\n').replace(/\b(?:400[12]|800[12]|810[12])\b/g, port => ports.get(port) ?? port);
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', COVAULT_HOME: join(await temporaryFolder(), 'covault') };
  // whatever happens, no bank outlives the test
  const guarded = `set -euo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n${script}`;
  const run = promisify(execFile)('bash', ['-c', guarded], { cwd: root, env, timeout: 280_000 });
  const { stdout } = await run;
  t.regex(stdout, /"phase":"(?:idle|settling)"/);
  t.regex(stdout, /^covault_height \d+$/m);
});
