/** What a wallet believes of records. */
import test from 'ava';
import { Writer } from '../../../src/codec/index.js';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { isCode } from '../../../src/errors.js';
import { encodeRecord, type LedgerRecord, recordHash, writeCertificate } from '../../../src/ledger/log.js';
import type { RecordNews } from '../../../src/wallet/client.js';
import { finalRecords } from '../../../src/wallet/follow.js';
import { advance, type Intent, putOrder, startState, type WalletState, withSealed } from '../../../src/wallet/state.js';
import { makeWorld, transferEnvelope } from '../../harness/banks.js';
import { certify, idOf, makeBanks, makeChain, makeRecord, signCommitted } from '../ledger/records.js';

const banks = makeBanks(3);
const { network } = banks;
const genesis = { height: 0, hash: network.id };
const chain = makeChain(banks, [{ entries: ['a'] }, { burned: ['b'] }, {}, { entries: ['c'] }]);

const news = (record: LedgerRecord, committed = false): RecordNews => ({
  record: encodeRecord(record),
  certificate: writeCertificate(new Writer(), certify(banks, record)).done(),
  committed: committed ? signCommitted(banks, record) : undefined,
});

test('records are final by the signatures of all, or by the next record', t => {
  const last = (shown: RecordNews[]) => finalRecords(network, genesis, shown).head.height;
  t.is(last([]), 0);
  t.is(last([news(chain[0])]), 0);
  t.is(last([news(chain[0], true)]), 1);
  t.is(last([news(chain[0]), news(chain[1])]), 1);
  t.is(last([news(chain[0]), news(chain[1], true), news(chain[2]), news(chain[3])]), 3);
  t.is(last(chain.map(record => news(record, true))), 4);
  const { records, head } = finalRecords(network, { height: 1, hash: recordHash(chain[0]) }, [news(chain[1], true)]);
  t.deepEqual(records, [chain[1]]);
  t.deepEqual(head, { height: 2, hash: recordHash(chain[1]) });
});

test('nothing counts of an answer with anything wrong in it', t => {
  const good = chain.map(record => news(record, true));
  const flipped = (bytes: Uint8Array, at: number) => bytes.with(at, bytes[at] ^ 1);
  const other = makeBanks(3, 'others');
  const wrong: Record<string, RecordNews[]> = {
    gap: [good[0], good[2]],
    start: [good[1]],
    order: [good[1], good[0]],
    twice: [good[0], good[0]],
    certificate: [good[0], { ...good[1], certificate: flipped(good[1].certificate, 60) }],
    'certificate of the next': [news(chain[0]), { ...news(chain[1]), certificate: flipped(good[1].certificate, 60) }],
    'certificate of another': [{ ...good[0], certificate: good[1].certificate }],
    committed: [{ ...good[0], committed: signCommitted(banks, chain[1]) }],
    'committed of two': [{ ...good[0], committed: signCommitted(banks, chain[0]).slice(1) }],
    'committed of others': [{ ...good[0], committed: signCommitted(other, chain[0]) }],
    record: [{ ...good[0], record: flipped(good[0].record, 100) }],
    'no record': [{ ...good[0], record: new Uint8Array(7) }],
    'no certificate': [{ ...good[0], certificate: new Uint8Array(7) }],
    'other banks': [
      { ...good[0], certificate: writeCertificate(new Writer(), certify(other, chain[0])).done() },
      good[1],
    ],
  };
  for (const [what, shown] of Object.entries(wrong)) {
    t.true(
      isCode(
        t.throws(() => finalRecords(network, genesis, shown)),
        'BAD_CERTIFICATE',
      ),
      what,
    );
  }
});

const transfer: Intent = { kind: 'transfer', from: 0, to: 1, amount: 1n };

function waiting(intent: Intent, id: string, secret: bigint, expiry = 3): WalletState {
  const sealed = { id: idOf(id), bytes: new Uint8Array(1), expiry, base: genesis, secret };
  const order = { name: 'order', intent, sealed: undefined, tries: 0, outcome: { state: 'pending' } } as const;
  return putOrder(startState('', network.id), withSealed(order, sealed));
}

const fateOf = (state: WalletState, records: readonly LedgerRecord[]) => {
  const head = { height: records.length, hash: idOf('head') };
  return advance(state, records, head).orders.get('order')?.outcome;
};

test('the verdict is pi XOR theta', t => {
  for (const pi of [0, 1] as const) {
    for (const theta of [0n, 1n]) {
      const record = makeRecord(network, { entries: [{ id: idOf('mine'), status: { kind: 'settled', pi } }] });
      const state = (BigInt(pi) ^ theta) === 1n ? 'settled' : 'cancelled';
      t.deepEqual(fateOf(waiting(transfer, 'mine', theta), [record]), { state, height: 1 });
    }
  }
});

test('an envelope is dead when burned, rejected, or unseen through its expiry; not before', t => {
  t.deepEqual(fateOf(waiting(transfer, 'b', 0n), chain.slice(0, 2)), { state: 'dead', height: 2, why: 'burned' });
  t.deepEqual(fateOf(waiting(transfer, 'z', 0n), chain.slice(0, 2)), { state: 'pending' });
  t.deepEqual(fateOf(waiting(transfer, 'z', 0n), chain.slice(0, 3)), { state: 'dead', height: 3, why: 'expired' });
  const rejected = makeRecord(network, { entries: [{ id: idOf('z'), status: { kind: 'rejected', reason: 'proof' } }] });
  t.deepEqual(fateOf(waiting(transfer, 'z', 0n), [rejected]), { state: 'dead', height: 1, why: 'proof' });
});

test('an envelope is dead once a final record names a later roster version, and not in the record that holds it', t => {
  const world = makeWorld({ banks: 2, pageSize: 2, balances: [5n, 5n] });
  const { envelope } = transferEnvelope(world, 0, 1, 1n);
  const order = waiting(transfer, 'z', 0n).orders.get('order');
  const sealed = { id: envelope.id, bytes: encodeEnvelope(envelope), expiry: 100, base: genesis, secret: 0n };
  const pending: WalletState = putOrder(startState('', network.id), { ...order!, sealed });
  const later = makeRecord(network, { rosterVersion: 1 });
  t.deepEqual(fateOf(pending, [makeRecord(network)]), { state: 'pending' });
  t.deepEqual(fateOf(pending, [later]), { state: 'dead', height: 1, why: 'roster' });
  const holds = { ...later, entries: [{ id: envelope.id, status: { kind: 'settled', pi: 1 } as const }] };
  t.deepEqual(fateOf(pending, [holds]), { state: 'settled', height: 1 });
});

test('in the record at its expiry an envelope still counts', t => {
  t.deepEqual(fateOf(waiting(transfer, 'c', 0n, 4), chain), { state: 'settled', height: 4 });
});

test('what is decided stays decided', t => {
  const settled = advance(waiting(transfer, 'a', 0n), chain.slice(0, 1), { height: 1, hash: idOf('1') });
  const later = advance(settled, chain.slice(1), { height: 4, hash: idOf('4') });
  t.deepEqual(later.orders.get('order')?.outcome, { state: 'settled', height: 1 });
  t.is(later.orders.get('order')?.sealed, undefined);
});

test('a revealed balance is y - s in the field', t => {
  const record = makeRecord(network, { entries: [{ id: idOf('r'), status: { kind: 'revealed', y: 5n } }] });
  const outcome = fateOf(waiting({ kind: 'reveal', account: 0 }, 'r', 2n ** 61n - 11n), [record]);
  t.deepEqual(outcome, { state: 'revealed', height: 1, balance: 15n });
});

test('a record passed over, or two envelopes alive, are our own mistakes and stop the wallet', t => {
  const state = waiting(transfer, 'a', 0n);
  t.throws(() => advance(state, chain.slice(1), { height: 3, hash: idOf('3') }));
  t.throws(() => advance(state, chain.slice(0, 1), { height: 2, hash: idOf('2') }));
  const order = state.orders.get('order')!;
  t.throws(() => withSealed(order, order.sealed!));
});
