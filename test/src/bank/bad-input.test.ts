/** Envelopes that are wrong for some banks, or came before, or come in pairs: what a whole network makes of them. */
import test from 'ava';
import { announceGroup } from '../../../src/agreement/index.js';
import { encodeEnvelopeFrame } from '../../../src/bank/transport.js';
import { ed25519, hash, toHex, utf8 } from '../../../src/crypto/index.js';
import { blankMemo, type Envelope, encodeEnvelope, encodeHeader } from '../../../src/envelope/index.js';
import { isCode } from '../../../src/errors.js';
import { buildOpen, buildReveal, buildTransfer } from '../../../src/operations/index.js';
import { accountKeys, envelopeOf, openEnvelope, transferEnvelope } from '../../harness/banks.js';
import { balances, flipped, pay, quiet, sealed, settle, started, statuses, traces } from '../../harness/holders.js';
import type { MemoryStore } from '../../harness/memory-store.js';
import { type NetworkWorld, until } from '../../harness/network.js';

test('the same envelope again, at any bank, pays once', async t => {
  const world = await started(3, 3);
  t.teardown(() => world.stopAll());
  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  const bytes = encodeEnvelope(envelope);
  for (const bank of [0, 0, 1, 2, 0]) t.deepEqual(await world.bank(bank).submit(bytes), envelope.id);
  await settle(world, 0, envelope);
  for (const bank of [0, 1, 2]) t.deepEqual(await world.bank(bank).submit(bytes), envelope.id);
  t.deepEqual(await balances(world, [0, 1, 3]), [90n, 210n, 0n]);
});

test('packets under another header are refused as seen before, and never run', async t => {
  for (const pageSize of [1, 3]) {
    const world = await started(2, pageSize);
    t.teardown(() => world.stopAll());
    const seed = hash('test/same-packets', utf8(`${pageSize}`));
    const first = sealed(world, { seed, expiry: 50 });
    const second = sealed(world, { seed, expiry: 51 });
    t.deepEqual(first.header.keyHashes, second.header.keyHashes);
    t.notDeepEqual(first.id, second.id);
    await settle(world, 0, first);
    await quiet(world);
    const before = traces(world);
    for (const bank of [0, 1]) {
      const error = await t.throwsAsync(() => world.bank(bank).submit(encodeEnvelope(second)));
      t.true(isCode(error, 'SEEN_BEFORE'));
      t.deepEqual(await world.bank(bank).envelope(second.id), { state: 'unknown' });
    }
    t.deepEqual(traces(world), before);
    t.true(await pay(world, 1, 0, 1, 1n));
    t.false((await statuses(world, 0)).has(toHex(second.id)));
  }
});

test('an envelope whose packet one bank cannot open holds up nobody, changes nothing, and dies at its expiry', async t => {
  const world = await started(3, 1);
  t.teardown(() => world.stopAll());
  world.height = world.bank(0).status().height + 4 - 100;
  const { envelope } = transferEnvelope(world, 0, 1, 50n);
  const spoiled = { ...envelope, packets: envelope.packets.map((p, i) => (i === 1 ? flipped(p) : p)) };
  await world.bank(0).submit(encodeEnvelope(spoiled));
  world.height = 0;
  t.true(await pay(world, 0, 1, 0, 7n));
  for (const { self } of world.parties) {
    await until('expired', async () => (await world.bank(self).envelope(envelope.id)).state === 'unknown');
    t.false((await statuses(world, self)).has(toHex(envelope.id)));
  }
  t.deepEqual(await balances(world, [0, 1]), [107n, 193n]);
});

/** What bank `from` says about an envelope it did not get from the holder: properly numbered and signed. */
function forwardedBy(
  world: NetworkWorld,
  from: number,
  envelope: Envelope,
  packet: Uint8Array,
  sequence = 1,
): Uint8Array {
  const sign = (statement: Uint8Array) => ed25519.sign(world.identitySeeds[from], statement);
  const [announcement] = announceGroup(world.network.id, from, sequence, [envelope.id], sign);
  const header = encodeHeader(envelope.header);
  return encodeEnvelopeFrame({
    kind: 'forward',
    envelopes: [{ announcement, header, signature: envelope.signature, packet }],
  });
}

/** Of Curve25519; and u of a point of order 8 (RFC 7748, section 6.1: the shared secret would be all zeros). */
const fieldOrder = (1n << 255n) - 19n;
const order8 = 325606250916557431795983626356110631294008115727848805560023387167927233504n;

test("garbage under somebody's id leaves no trace, and the envelope is settled when it comes", async t => {
  const world = await started(3, 1);
  t.teardown(() => world.stopAll());
  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  const store = world.stores[1] as MemoryStore;
  const before = store.count;
  const { packets } = envelope;
  // points of small order in the place of the sender's key: no secret comes of them
  const smallOrder = [0n, 1n, fieldOrder - 1n, fieldOrder, fieldOrder + 1n, order8].map(u => {
    const packet = packets[1].slice();
    for (let i = 0; i < 32; i++) packet[i] = Number((u >> BigInt(8 * i)) & 255n);
    return packet;
  });
  const garbages = [new Uint8Array(0), new Uint8Array(31), flipped(packets[1]), packets[0], new Uint8Array(90_000)];
  for (const garbage of [...garbages, ...smallOrder]) {
    await world.bank(1).frame(2, 'envelopes', forwardedBy(world, 2, envelope, garbage));
    t.is(store.count, before);
  }
  t.is((await settle(world, 0, envelope))[0].kind, 'settled');
  t.deepEqual(await balances(world, [0, 1]), [90n, 210n]);
  t.true(world.banks.every(bank => bank?.status().halted === undefined));
});

test('an announcement that its sponsor did not sign leaves no trace', async t => {
  const world = await started(3, 1);
  t.teardown(() => world.stopAll());
  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  const before = traces(world);
  const frame = forwardedBy(world, 2, envelope, envelope.packets[1]);
  frame[1 + 4] = 0; // the sponsor: now bank 0, whose signature it is not
  await world.bank(1).frame(2, 'envelopes', frame);
  t.deepEqual(traces(world), before);
});

for (const pageSize of [1, 3]) {
  test(`of two opens for one slot one stands, and its keys stay: pages of ${pageSize}`, async t => {
    const world = await started(2, pageSize);
    t.teardown(() => world.stopAll());
    // whose keys: those of account 4 itself, and those of a stranger
    const opens = [4, 99].map(owner => {
      const keys = accountKeys(owner);
      const publicKeys = {
        spending: ed25519.publicKey(keys.spendingSeed),
        viewing: ed25519.publicKey(keys.viewingSeed),
      };
      const x = buildOpen(world.network, pageSize > 1 ? keys : undefined, world.random);
      return envelopeOf(world, { kind: 'open', account: 4, publicKeys: pageSize > 1 ? undefined : publicKeys }, x);
    });
    await Promise.all(opens.map((envelope, bank) => world.bank(bank).submit(encodeEnvelope(envelope))));
    await until('one stands, one is forgotten', async () => {
      const states = await Promise.all(opens.map(({ id }) => world.bank(0).envelope(id)));
      return states.some(({ state }) => state === 'final') && states.some(({ state }) => state === 'unknown');
    });
    await quiet(world);
    const found = await statuses(world, 1);
    const winners = [4, 99].filter((_, k) => found.has(toHex(opens[k].id)));
    t.is(winners.length, 1);
    const loser = winners[0] === 4 ? 99 : 4;
    const read = (owner: number) => {
      const { viewing, viewingSeed } = accountKeys(owner);
      const { x } = buildReveal(world.network, { slot: 4 % pageSize, viewingKey: viewing }, world.random);
      const sign = pageSize === 1 ? (id: Uint8Array) => ed25519.sign(viewingSeed, id) : undefined;
      return envelopeOf(world, { kind: 'reveal', page: Math.floor(4 / pageSize) }, x, sign);
    };
    t.is((await settle(world, 0, read(winners[0])))[0].kind, 'revealed');
    if (pageSize === 1) {
      const error = await t.throwsAsync(() => world.bank(0).submit(encodeEnvelope(read(loser))));
      t.true(isCode(error, 'BAD_SIGNATURE'));
    } else {
      t.deepEqual(await settle(world, 0, read(loser)), [{ kind: 'rejected', reason: 'authority' }]);
    }
    const again = await t.throwsAsync(() => world.bank(1).submit(encodeEnvelope(openEnvelope(world, 4))));
    t.true(isCode(again, 'SLOT_OPEN'));
  });
}

test('where slots are hidden, a closed one and a wrong key are rejected in public and move nothing', async t => {
  const world = await started(3, 3);
  t.teardown(() => world.stopAll());
  const secrets = { amount: 5n, payerSlot: 0, payeeSlot: 1, spendingKey: accountKeys(1).spending };
  const wrongKey = buildTransfer(world.network, secrets, world.random).x;
  t.deepEqual(
    await settle(
      world,
      1,
      transferEnvelope(world, 0, 4, 5n).envelope,
      transferEnvelope(world, 2, 0, 5n).envelope,
      envelopeOf(world, { kind: 'transfer', payerPage: 0, payeePage: 0, memo: blankMemo(world.random) }, wrongKey),
    ),
    [
      { kind: 'rejected', reason: 'linear' },
      { kind: 'rejected', reason: 'linear' },
      { kind: 'rejected', reason: 'authority' },
    ],
  );
  t.deepEqual(await balances(world, [0, 1, 3]), [100n, 200n, 0n]);
});

test("every operator's audit finds the supply, before and after payments", async t => {
  for (const [banks, pageSize] of [
    [2, 3],
    [3, 1],
  ]) {
    const world = await started(banks, pageSize);
    t.teardown(() => world.stopAll());
    for (const { self } of world.parties) {
      const id = await world.bank(self).audit();
      await until('final', async () => (await world.bank(self).envelope(id)).state === 'final');
      for (const other of world.parties) {
        await until('recorded', async () => (await world.bank(other.self).envelope(id)).state !== 'pending');
        t.deepEqual((await statuses(world, other.self)).get(toHex(id)), { kind: 'audited', sum: 600n });
      }
      await pay(world, self, 1, 0, 20n);
    }
  }
});
