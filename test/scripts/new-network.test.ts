/** What scripts/new-network puts into the configs of its banks. */
import test from 'ava';
import { readConfig } from '../../node/config.js';
import { cleanUp, networkWithConsoles, newNetwork } from '../node/real-processes.js';

const args = ['--banks', 'jp_norgan,ubz', '--accounts', '4', '--page-size', '1'];
const names = ['jp_norgan', 'ubz'];

test.after.always(cleanUp);

test('every bank has a console at a port of its own, where the first says', async t => {
  const net = await networkWithConsoles(...args, '--port', '21000');
  const configs = await Promise.all(names.map(name => readConfig(net.configOf(name))));
  t.deepEqual(
    configs.map(({ console, gateway }) => [gateway.port, console?.port]),
    [
      [21000, 21100],
      [21001, 21101],
    ],
  );
  t.is(new Set(configs.map(({ console }) => console?.tokenFile)).size, 2);
});

test('without consoles where that was asked for', async t => {
  const net = await newNetwork(...args);
  for (const name of names) t.is((await readConfig(net.configOf(name))).console, undefined);
});
