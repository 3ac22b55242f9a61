/**
 * The operator's guide against what there is: its commands run, in order, on two real banks; every metric and every alert that
 * there is stands in it, and no other. What needs root or systemd is not run, and must say so where it stands.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { alertCodes, alertLevels } from '../../node/console/index.js';
import { buildGateway } from '../../node/gateway/index.js';
import { deployed } from '../../scripts/load-generator/bank-processes.js';
import { FakeBank, memoryLog, statusWithThread } from '../node/gateway/fake-bank.js';
import { cleanUp, root, takenPort, temporaryFolder } from '../node/real-processes.js';
import { canRun, checkLinks, checkNotRun, firstColumn, levelsByCode, readGuide, runScript, scriptOf } from './guide.js';

const guide = readGuide('operator-guide.md');

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
  t.deepEqual(firstColumn(guide, 'Metrics').sort(), exported.filter(name => name.startsWith('covault_')).sort());
  const others = [...guide.text.matchAll(/`((?:process|nodejs)_\w*[a-z])`/g)].map(([, name]) => name);
  t.true(others.length > 0);
  t.deepEqual(
    others.filter(name => !exported.includes(name)),
    [],
  );
});

test('every alert of the console stands in the guide, and no other', t => {
  t.deepEqual(firstColumn(guide, 'Alerts').sort(), [...alertCodes].sort());
});

test('the levels of every alert stand in the guide as the console gives them', t => {
  const given = Object.entries(alertLevels).map(([code, levels]) => [code, [...levels].sort()]);
  t.deepEqual(levelsByCode(guide, 'Alerts'), Object.fromEntries(given));
});

test('unit, container file and guide have the malloc bounds that banks are measured with', async t => {
  const files = ['configs/covault-bank@.service', 'configs/Containerfile'].map(file =>
    readFile(join(root, file), 'utf8'),
  );
  for (const text of [guide.text, ...(await Promise.all(files))]) {
    for (const [name, value] of Object.entries(deployed)) t.true(text.includes(`${name}=${value}`), name);
  }
});

test('what is not run says so where it stands, and nothing else does', t => checkNotRun(t, guide));

test('links of the guide lead to files that are there', t => checkLinks(t, guide));

(canRun ? test : test.skip)('the commands of the guide run, in order, on two real banks', async t => {
  const taken = await Promise.all(Array.from({ length: 6 }, takenPort));
  const ports = new Map(
    ['4001', '4002', '8001', '8002', '8101', '8102'].map((port, i) => [port, String(taken[i].port)]),
  );
  await Promise.all(taken.map(({ close }) => close()));
  const script = scriptOf(guide).replace(/\b(?:400[12]|800[12]|810[12])\b/g, port => ports.get(port) ?? port);
  const home = join(await temporaryFolder(), 'covault');
  const stdout = await runScript(script, { COVAULT_HOME: home });
  t.regex(stdout, /"phase":"(?:idle|settling)"/);
  t.regex(stdout, /^covault_height \d+$/m);
  for (const name of ['jp_norgan', 'ubz']) {
    t.true((await stat(join(home, name, 'data', 'console-day'))).size > 0, 'the day of a console outlives its bank');
  }
});
