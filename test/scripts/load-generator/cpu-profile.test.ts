/** CPU profiles, summed by phase. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { summariseProfiles } from '../../../scripts/load-generator/cpu-profile.js';
import { temporaryFolder } from '../../harness/temporary-folder.js';

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 6 });

/** Root -> settle -> (wasm, hash of node:crypto); root -> idle; root -> garbage. */
const profile = {
  startTime: 1_000_000,
  nodes: [
    { id: 1, callFrame: frame('(root)', ''), children: [2, 5, 6] },
    { id: 2, callFrame: frame('settle', 'file:///x/build/src/ledger/settle.js'), children: [3, 4] },
    { id: 3, callFrame: frame('wasm-function[1]', 'wasm://wasm/0001') },
    { id: 4, callFrame: frame('update', 'node:internal/crypto/hash') },
    { id: 5, callFrame: frame('(idle)', '') },
    { id: 6, callFrame: frame('(garbage collector)', '') },
  ],
  samples: [2, 3, 4, 5, 6, 3],
  timeDeltas: [1000, 1000, 1000, 1000, 1000, 1000],
};

test('busy time is summed by phase, folder and function; idle time is not in it', async t => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'a.cpuprofile'), JSON.stringify(profile));
  const { threads, phases, folders, functions } = await summariseProfiles(folder, 'bank_1', [0, 2_000_000]);
  t.deepEqual(threads, [{ ms: 6, idleMs: 1 }]);
  t.deepEqual(phases, [
    { name: 'computation', ms: 4 },
    { name: '(garbage collector)', ms: 1 },
  ]);
  const byName = new Map(folders.map(({ name, ms }) => [name, ms]));
  t.deepEqual(
    [byName.get('wasm kernel'), byName.get('src/ledger'), byName.get('node:internal/crypto/hash')],
    [2, 1, 1],
  );
  t.true(functions.some(({ name }) => name === 'settle  src/ledger/settle.js:7'));
});

test('only samples of the window count, of all threads', async t => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'a.cpuprofile'), JSON.stringify(profile));
  await writeFile(join(folder, 'b.cpuprofile'), JSON.stringify(profile));
  const { threads, phases } = await summariseProfiles(folder, 'bank_1', [1_005_500, 2_000_000]);
  t.deepEqual(threads, [
    { ms: 1, idleMs: 0 },
    { ms: 1, idleMs: 0 },
  ]);
  t.deepEqual(phases, [{ name: 'computation', ms: 2 }]);
});
