/** A bank whose disk has been set back: recognised by its own signatures, refused, not obeyed. */
import test from 'ava';
import { decodeMessage } from '../../../src/agreement/messages.js';
import { readCopy } from '../../../src/bank/copy.js';
import { entriesUnder } from '../../../src/bank/load.js';
import { decodeAgreementFrame } from '../../../src/bank/transport.js';
import { utf8 } from '../../../src/crypto/index.js';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { transferEnvelope } from '../../harness/banks.js';
import { balances, openAll, pay, quiet } from '../../harness/holders.js';
import { type MemoryStore, memoryStore } from '../../harness/memory-store.js';
import { NetworkWorld, until } from '../../harness/network.js';

test('a bank on an old copy of its disk refuses itself, the others wait for it, and with its own disk it goes on', async t => {
  const world = new NetworkWorld({ banks: 3, pageSize: 1, balances: [50n, 60n] });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  const old = world.stores[2].fork();
  for (let k = 0; k < 3; k++) t.true(await pay(world, 0, 0, 1, 10n));
  await world.kill(2);
  const current = world.stores[2];
  world.stores[2] = old;
  await world.start(2);
  await until('it knows', () => world.bank(2).status().phase === 'halted');
  t.regex(world.bank(2).status().halted ?? '', /older copy.*covault bank recover/);
  for (const other of [0, 1]) {
    const { phase, halted, waitingFor } = world.bank(other).status();
    t.deepEqual({ phase, halted, waitingFor }, { phase: 'connecting', halted: undefined, waitingFor: ['bank-2'] });
  }
  await world.kill(2);
  world.stores[2] = current;
  await world.start(2);
  t.true(await pay(world, 1, 0, 1, 10n));
  t.deepEqual(await balances(world, [0, 1]), [10n, 100n]);
});

/** Bank 2's signature in the attempt under way. */
async function hasHeard(world: NetworkWorld, by: number): Promise<boolean> {
  for await (const item of readCopy(world.bank(by).copyOf('bank-2') ?? none(), world.network)) {
    if (item.kind === 'attempt' && item.attempt.signed) return true;
  }
  return false;
}

async function* none(): AsyncGenerator<Uint8Array> {}

const signed = utf8('agreement/signed/');

test('copied before a block that nobody heard it sign, the bank learns so from who has signed, who says for whom it waits', async t => {
  let held = false;
  const world = new NetworkWorld({
    banks: 2,
    pageSize: 1,
    balances: [50n, 60n],
    onFrame: (_from, _to, use, frame) => {
      if (!held || use !== 'agreement') return frame;
      const content = decodeAgreementFrame(frame);
      return content.kind === 'message' && decodeMessage(content.bytes, 2).kind === 'signed' ? undefined : frame;
    },
  });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  await quiet(world);
  const [old, current] = [world.stores[1].fork(), world.stores[1]];
  held = true;
  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  await world.bank(0).submit(encodeEnvelope(envelope));
  for (const store of world.stores) {
    await until('it has signed', async () => (await entriesUnder(store, signed)).length === 1);
  }
  await world.kill(1);
  held = false;
  world.stores[1] = old;
  await world.start(1);
  await until('it knows', () => world.bank(1).status().phase === 'halted');
  t.regex(world.bank(1).status().halted ?? '', /bank-0 shows .* older copy/);
  await until('the other says so', () => world.bank(0).status().waitingFor.length > 0);
  t.like(world.bank(0).status(), { phase: 'settling', halted: undefined, waitingFor: ['bank-1'] });
  await world.kill(1);
  world.stores[1] = current;
  await world.start(1);
  await until('settled', async () => (await world.bank(0).envelope(envelope.id)).state === 'final');
  t.deepEqual(world.bank(0).status().waitingFor, []);
  t.deepEqual(await balances(world, [0, 1]), [40n, 70n]);
});

test('copied while it computed the block that is still undecided, the bank refuses itself, and nobody convicts it', async t => {
  let held = false;
  let copy: MemoryStore | undefined;
  const world = new NetworkWorld({
    banks: 3,
    pageSize: 1,
    balances: [50n, 60n],
    // of the banks' own signatures only bank 2's arrives: no bank can commit
    onFrame: (from, _to, use, frame) => {
      if (!held || from === 2 || use !== 'agreement') return frame;
      const content = decodeAgreementFrame(frame);
      const message = content.kind === 'message' ? decodeMessage(content.bytes, 3) : undefined;
      return message?.kind === 'signed' && message.signed.bank === from ? undefined : frame;
    },
  });
  t.teardown(() => world.stopAll());
  const store = memoryStore(ops => {
    if (held && ops.some(({ key }) => signed.every((byte, i) => key[i] === byte))) copy ??= store.fork();
  });
  world.stores[2] = store;
  await world.startAll();
  await openAll(world, [0, 1]);
  await quiet(world);
  held = true;
  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  await world.bank(0).submit(encodeEnvelope(envelope));
  await until('the others have its signature', async () => (await hasHeard(world, 0)) && (await hasHeard(world, 1)));
  await world.kill(2);
  if (!copy) return t.fail('no signature was stored');
  world.stores[2] = copy;
  await world.start(2);
  await until('it knows', () => world.bank(2).status().phase === 'halted');
  t.regex(world.bank(2).status().halted ?? '', /older copy.*covault bank recover/);
  for (const other of [0, 1]) t.is(world.bank(other).status().halted, undefined);
  await world.kill(2);
  held = false;
  world.stores[2] = store;
  await world.start(2);
  await until('settled', async () => (await world.bank(0).envelope(envelope.id)).state === 'final');
  t.deepEqual(await balances(world, [0, 1]), [40n, 70n]);
});
