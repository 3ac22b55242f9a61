/** `scripts/demo` leaves nothing behind. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { decodeNetworkFile } from '../../src/network/index.js';
import { cleanUp, start, temporaryFolder } from '../node/real-processes.js';

test.after.always(cleanUp);

test('a demo that is interrupted leaves no bank running and no folder', async t => {
  t.timeout(60_000);
  const folder = await temporaryFolder();
  const demo = start('scripts/demo.js', [], { TMPDIR: folder });
  await demo.said(/waiting: |open their accounts/);
  const [made] = await readdir(folder);
  const { gateways } = decodeNetworkFile(await readFile(join(folder, made, 'network.json'), 'utf8'));
  t.is(Object.keys(gateways).length, 2);
  demo.child.kill('SIGINT');
  const { code, err } = await demo.ended;
  t.deepEqual([code, err], [130, '']);
  t.deepEqual(await readdir(folder), []);
  for (const gateway of Object.values(gateways)) await t.throwsAsync(fetch(`${gateway}/v1/health`), { any: true });
});

test('a demo that stays tells where the wallet is, and ends when it is interrupted', async t => {
  t.timeout(120_000);
  const folder = await temporaryFolder();
  const demo = start('scripts/demo.js', ['--stay'], { TMPDIR: folder });
  let out = '';
  demo.child.stdout?.on('data', text => {
    out += text;
  });
  await demo.said(/served by ubz: http\S+\n/);
  const [, page] = /served by ubz: (http\S+)\n/.exec(out) ?? [];
  t.regex(await (await fetch(page)).text(), /<title>Covault wallet<\/title>/);
  const [, claims] = /10 to 19: (\S+)\n/.exec(out) ?? [];
  t.true((await readdir(claims)).includes('19.json'));
  demo.child.kill('SIGINT');
  t.is((await demo.ended).err, '');
  t.deepEqual(await readdir(folder), []);
  await t.throwsAsync(fetch(page), { any: true });
});
