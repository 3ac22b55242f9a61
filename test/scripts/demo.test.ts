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
