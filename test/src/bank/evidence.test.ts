/**
 * What a halted bank keeps and shows: who accuses whom, over restarts. And what never halts: links that come and go.
 */
import test from 'ava';
import { durablePrefix } from '../../../src/agreement/index.js';
import { decodeAgreementFrame } from '../../../src/bank/transport.js';
import { under } from '../../../src/codec/index.js';
import { toHex, utf8 } from '../../../src/crypto/index.js';
import { NetworkWorld, until } from '../../harness/network.js';

const haltedKey = toHex(utf8('agreement/halted'));

async function storesEvidence(world: NetworkWorld, bank: number): Promise<boolean> {
  for await (const [key] of world.stores[bank].range(...under(durablePrefix))) {
    if (toHex(key) === haltedKey) return true;
  }
  return false;
}

test('the accuser keeps its evidence over a restart and shows it; the others halt, and show whose word it is', async t => {
  let spoil = false;
  const world = new NetworkWorld({
    banks: 3,
    pageSize: 1,
    balances: [1n],
    onFrame: (from, to, use, frame) => {
      const isMessage = use === 'agreement' && decodeAgreementFrame(frame).kind === 'message';
      return spoil && from === 2 && to === 0 && isMessage ? frame.map((byte, i) => (i < 9 ? byte : 255)) : frame;
    },
  });
  t.teardown(() => world.stopAll());
  await world.startAll();
  const evidence = (bank: number) => world.bank(bank).status().evidence;
  t.is(evidence(0), undefined);
  spoil = true;
  await world.kill(2);
  await world.start(2);
  const seen = {
    kind: 'accusation',
    accuser: 'bank-0',
    culprit: 'bank-2',
    why: 'a malformed message of the agreement',
  } as const;
  await until('all have halted', () => [0, 1, 2].every(bank => world.bank(bank).status().phase === 'halted'));
  t.deepEqual(evidence(0), seen);
  t.deepEqual(evidence(1), seen);
  t.is(world.bank(0).status().halted, `${seen.why} (bank bank-2)`);
  t.is(world.bank(1).status().halted, `told by bank-0, which accuses bank-2: ${seen.why}`);
  t.true(await storesEvidence(world, 0));
  t.false(await storesEvidence(world, 1));
  await world.kill(0);
  await world.start(0);
  t.deepEqual(evidence(0), seen);
  t.is(world.bank(0).status().phase, 'halted');
});

test('banks that die, return, and lose their links accuse nobody', async t => {
  const world = new NetworkWorld({ banks: 3, pageSize: 1, balances: [1n] });
  t.teardown(() => world.stopAll());
  await world.startAll();
  const idle = () => [0, 1, 2].every(bank => world.bank(bank).status().phase === 'idle');
  for (const bank of [0, 2, 1, 0]) {
    await until('all are idle', idle);
    await world.kill(bank);
    await world.start(bank);
    world.bank(0).linkDown(1, 'cut');
    world.bank(1).linkDown(0, 'cut');
    world.bank(0).linkUp(1);
    world.bank(1).linkUp(0);
  }
  await until('all are idle', idle);
  for (const bank of [0, 1, 2]) {
    t.is(world.bank(bank).status().evidence, undefined);
    t.false(await storesEvidence(world, bank));
  }
});
