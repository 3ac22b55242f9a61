/**
 * What the README tells to type by hand, run in order on two real banks, which it makes; then one of them loses its disk, and
 * comes back as the README says.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { cleanUp, root, temporaryFolder } from '../node/real-processes.js';
import { canRun, guideUnder, runScript, scriptOf } from './guide.js';

test.after.always(cleanUp);

const first = 8001;
/** Of two banks, where the first gateway's is 0: gateways, consoles, banks (`scripts/new-network --help`). */
const offsets = [0, 1, 100, 101, 1_000, 1_001];

const hold = (port: number) =>
  new Promise<Server | undefined>(resolve => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

/** A port that is free, and those that lie so far above it. */
async function freeBase(): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 10_000);
    const held = await Promise.all(offsets.map(offset => hold(base + offset)));
    await Promise.all(held.map(server => server && new Promise(done => server.close(done))));
    if (held.every(server => server !== undefined)) return base;
  }
}

/** Every one of these stands in the script, and is another thing there. Throws where one does not. */
function replaced(script: string, ...changes: readonly (readonly [what: string, by: string])[]): string {
  return changes.reduce((before, [what, by]) => {
    if (!before.includes(what)) throw new Error(`the README no longer says ${what}`);
    return before.replaceAll(what, by);
  }, script);
}

(canRun ? test : test.skip)('what the README tells to type by hand works, in order, on two real banks', async t => {
  const guide = guideUnder(await readFile(join(root, 'README.md'), 'utf8'), 'By hand');
  const folder = await temporaryFolder();
  const base = await freeBase();
  const ready = [base, base + 1].map(port => `curl -fs http://127.0.0.1:${port}/v1/ready`).join(' && ');
  const untilReady = `until ${ready}; do command sleep 0.2; done > /tmp/ready`;
  const start = (name: string) =>
    `covault bank start --config /tmp/net/configs/${name}.json 2>> /tmp/net/${name}.log &`;
  const settled = 'covault transfer --from 0 --to 1 --amount 1 --reference after-all --json';
  const script = replaced(
    scriptOf(guide, {
      'ubz has lost its disk': [
        'rm -r /tmp/net/banks/ubz',
        start('jp_norgan'),
        `until curl -fs http://127.0.0.1:${first}/v1/health; do command sleep 0.2; done > /tmp/health`,
      ].join('\n'),
      'all banks start again with it': [
        'stop_all',
        'mv /tmp/net/network-1.json /tmp/net/network.json',
        start('jp_norgan'),
        start('ubz'),
        untilReady,
        'covault bank status --config /tmp/net/configs/jp_norgan.json',
        settled,
        'stop_all',
      ].join('\n'),
    }),
    // the test runs what is built already, and waits for banks instead of a time
    ['npm ci\n', ''],
    ['kill %1 %2', 'banks=$(jobs -p); kill %1 %2; gone $banks'],
    ['sleep 3;', `${untilReady};`],
    ['--port 8001', `--port ${base}`],
    [`http://127.0.0.1:${first}`, `http://127.0.0.1:${base}`],
    ['/tmp/', `${folder}/`],
  );
  // as in the shell of somebody who types: a job is a process group, and `kill %1` ends the bank, not a shell around it
  const typed = [
    'set -m',
    // a bank takes a moment to end in order
    `gone() { for job; do while kill -0 -- "-$job"; do command sleep 0.1; done 2>> ${folder}/gone; done; }`,
    'stop_all() { local banks; banks=$(jobs -p); for job in $banks; do kill -- "-$job"; done; gone $banks; }',
    'trap "exit 1" TERM',
    'trap "stop_all 2> /dev/null || true" EXIT',
    script,
  ].join('\n');
  const seen = await runScript(typed, { HOME: folder });
  const status = seen.slice(seen.lastIndexOf('jp_norgan: '));
  for (const line of [/^bank {6}ubz: connected, covault \d/m, /"verdict":"settled"/]) t.regex(status, line);
});
