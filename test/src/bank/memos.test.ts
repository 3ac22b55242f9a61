/** Memos in a network of banks: what each keeps of a settled transfer is what its record vouches for. */
import test from 'ava';
import { decodeMessage } from '../../../src/agreement/messages.js';
import { decodeAgreementFrame } from '../../../src/bank/transport.js';
import { equalBytes, utf8 } from '../../../src/crypto/index.js';
import { decodeHeader, encodeEnvelope, headerId, openMemo, receiptMask } from '../../../src/envelope/index.js';
import { decodeRecord, hashReceipts } from '../../../src/ledger/log.js';
import { locate } from '../../../src/network/index.js';
import { receiptOf } from '../../../src/operations/index.js';
import { transferEnvelope } from '../../harness/banks.js';
import { openAll, quiet, settle, started } from '../../harness/holders.js';
import { memoSecret, paymentWithMemo } from '../../harness/memo-payment.js';
import { memoryStore } from '../../harness/memory-store.js';
import { NetworkWorld, until } from '../../harness/network.js';

for (const [banks, pageSize] of [
  [2, 1],
  [3, 3],
] as const) {
  test(`every bank shows the header and the receipts that prove a payment, also after a restart: ${banks} banks, pages of ${pageSize}`, async t => {
    const world = await started(banks, pageSize);
    t.teardown(() => world.stopAll());
    const paid = paymentWithMemo(world, 0, 3, 10n, 'for the bread');
    await settle(world, 0, paid, transferEnvelope(world, 1, 0, 1n).envelope);
    await settle(world, 1, transferEnvelope(world, 1, 0, 1n).envelope);
    await quiet(world);
    const { page, slot } = locate(world.network, 3);
    for (const bank of world.banks.keys()) {
      await world.kill(bank);
      await world.start(bank);
      await quiet(world);
      const { blocks, next } = await world.bank(bank).memos(1, page);
      t.is(next, world.bank(bank).status().finalHeight + 1);
      const shown = blocks.flatMap(block => block.headers.map(header => ({ ...block, header })));
      const found = shown.find(({ header }) => equalBytes(headerId(header), paid.id));
      if (!found) return t.fail('the header is shown');
      const [{ record }] = await world.bank(bank).records(found.height, 1);
      const { entries, receiptsHash } = decodeRecord(record);
      t.deepEqual(hashReceipts(found.receipts), receiptsHash);
      const at = entries
        .filter(({ status }) => status.kind === 'settled')
        .findIndex(({ id }) => equalBytes(id, paid.id));
      const content = openMemo(decodeHeader(found.header), memoSecret);
      if (!content) return t.fail('it opens');
      t.is(content.text, 'for the bread');
      const told = { mask: receiptMask(content), theta: content.theta, amount: 10n, slot };
      t.is(receiptOf(found.receipts.tau, told), found.receipts.values[at]);
      const elsewhere = await world.bank(bank).memos(1, page === 1 ? 0 : 1);
      t.true(elsewhere.blocks.every(block => block.headers.every(header => !equalBytes(header, found.header))));
    }
  });
}

test('a bank that starts while the others are away still shows what was final before', async t => {
  const world = await started(2, 3);
  t.teardown(() => world.stopAll());
  const paid = paymentWithMemo(world, 0, 3, 10n, 'for the bread');
  await settle(world, 0, paid);
  await settle(world, 1, transferEnvelope(world, 1, 0, 1n).envelope);
  await quiet(world);
  const { height } = world.bank(0).status();
  for (const bank of world.banks.keys()) await world.kill(bank);
  await world.start(0);
  const { blocks, next } = await world.bank(0).memos(1, locate(world.network, 3).page);
  t.is(next, height, 'the last record waits for the word of the others');
  t.true(blocks.some(block => block.headers.some(header => equalBytes(headerId(header), paid.id))));
});

test('a record that is final while the disk still writes it is not passed over', async t => {
  // bank 0 hears that its peer has committed before it can itself, so it learns both at once: from the certificate
  let isSpoiled = false;
  const world = new NetworkWorld({
    banks: 2,
    pageSize: 3,
    balances: [100n, 0n, 0n],
    onFrame: (from, _to, use, frame) => {
      if (!isSpoiled || from !== 1 || use !== 'agreement') return frame;
      const said = decodeAgreementFrame(frame);
      return said.kind === 'message' && decodeMessage(said.bytes, 2).kind === 'signed' ? undefined : frame;
    },
  });
  t.teardown(() => world.stopAll());
  const memoPrefix = utf8('memos/log/');
  let isWriting = false;
  let isHeld = true;
  world.stores[0] = memoryStore(async ops => {
    if (!ops.some(({ key }) => memoPrefix.every((byte, i) => key[i] === byte))) return;
    isWriting = true;
    await until('the disk goes on', () => !isHeld);
  });
  await world.startAll();
  await openAll(world, [0, 1]);
  await quiet(world);
  isSpoiled = true;
  const paid = paymentWithMemo(world, 0, 1, 10n, 'for the bread');
  await world.bank(0).submit(encodeEnvelope(paid));
  await until('the record is on its way', () => isWriting);
  const before = await world.bank(0).memos(1, 0);
  isHeld = false;
  isSpoiled = false;
  await quiet(world);
  const { height } = world.bank(0).status();
  t.deepEqual(before, { since: 1, blocks: [], next: height });
  const { blocks } = await world.bank(0).memos(before.next, 0);
  t.deepEqual(
    blocks.map(({ headers }) => headers.map(headerId)),
    [[paid.id]],
  );
});

test('an envelope whose memo a sponsor has changed is another envelope, and opens nowhere', async t => {
  const world = await started(2, 3);
  t.teardown(() => world.stopAll());
  const envelope = paymentWithMemo(world, 0, 3, 10n, 'x');
  const { arguments: a } = envelope.header;
  if (a.kind !== 'transfer') return t.fail();
  const header = { ...envelope.header, arguments: { ...a, memo: a.memo.map(byte => byte ^ 1) } };
  const changed = encodeEnvelope({ ...envelope, header });
  await t.throwsAsync(world.bank(0).submit(changed), { code: 'PACKET_UNREADABLE' } as object);
});
