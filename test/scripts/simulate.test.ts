/** `scripts/simulate` as a command. */
import test from 'ava';
import { cleanUp, start } from '../node/real-processes.js';

test.after.always(cleanUp);

const script = 'test/simulation/main.js';

test('two processes run a hundred seeds; the last line of standard output is one JSON object', async t => {
  t.timeout(240_000);
  const { code, out, err } = await start(script, ['--seeds', '1001..1100', '--workers', '2', '--json']).ended;
  t.is(code, 0, err);
  const report = JSON.parse(out.trimEnd().split('\n').at(-1) as string);
  t.deepEqual([report.seeds, report.violations, report.masksReused], [100, 0, 0]);
});

test('the first seed that fails is printed and replayed exactly', async t => {
  const { code, out, err } = await start(script, ['--seeds', '1..9', '--canary', 'blame', '--json']).ended;
  t.is(code, 1);
  const report = JSON.parse(out.trimEnd().split('\n').at(-1) as string);
  t.deepEqual([report.seeds, report.firstFailing, report.replayedExactly], [1, 1, true]);
  for (const what of ['seed 1 fails', '"faults"', 'blame: bank']) t.true(err.includes(what), what);
});

test('a call that makes no sense is refused', async t => {
  t.is((await start(script, ['--seeds', '9..2']).ended).code, 2);
  t.is((await start(script, ['--seeds', '1', '--workers', '0']).ended).code, 2);
});
