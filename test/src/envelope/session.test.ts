/** Packets as messages of a submission session: what opens, in whatever order, and everything that must not. */
import test from 'ava';
import { Writer } from '../../../src/codec/index.js';
import { concatBytes, hash, seededRandom, utf8 } from '../../../src/crypto/index.js';
import {
  checkPacketLengths,
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
  envelopeId,
  openPacket,
  SessionContexts,
  SubmissionSession,
} from '../../../src/envelope/index.js';
import { isCode } from '../../../src/errors.js';
import { envelopeBytesMax, sessionMessagesMax } from '../../../src/limits.js';
import { inputLength } from '../../../src/operations/index.js';
import { makeWorld, transferEnvelope, type World } from '../../harness/banks.js';

const small = (seed = 'session') => makeWorld({ banks: 3, pageSize: 1, balances: [5n, 6n, 0n], amountBits: 8, seed });

function open(world: World, bank: number, envelope: Envelope, contexts?: SessionContexts) {
  const { header, id, packets } = envelope;
  const length = inputLength(world.network, header.arguments.kind);
  return openPacket(header, id, bank, world.sealingSecrets[bank], packets[bank], length, contexts);
}

const banks = [0, 1, 2];
const transfers = (world: World, count: number, session = new SubmissionSession(world.network, world.random)) =>
  Array.from({ length: count }, () => transferEnvelope(world, 0, 1, 1n, session.seal).envelope);
const sequenceOf = (packet: Uint8Array) => new DataView(packet.slice(32, 36).buffer).getUint32(0, true);
const withPacket = (envelope: Envelope, bank: number, packet: Uint8Array): Envelope => ({
  ...envelope,
  packets: envelope.packets.map((own, i) => (i === bank ? packet : own)),
});

test('the packets of one session share enc, count up, and open alone: in any order, twice, with and without memory', t => {
  const world = small();
  const sent = transfers(world, 7);
  for (const bank of banks) {
    t.is(new Set(sent.map(({ packets }) => packets[bank].slice(0, 32).join())).size, 1);
    t.deepEqual(
      sent.map(({ packets }) => sequenceOf(packets[bank])),
      [0, 1, 2, 3, 4, 5, 6],
    );
    const contexts = new SessionContexts();
    for (const at of [6, 0, 3, 3, 1, 6]) {
      const { keyPart, share } = open(world, bank, sent[at], contexts);
      const alone = open(world, bank, sent[at]);
      t.deepEqual([keyPart, share()], [alone.keyPart, alone.share()]);
    }
    t.is(contexts.count, 1);
  }
});

test('a session envelope is one byte string, within its bound, four bytes a packet longer than a lone one', t => {
  const world = small();
  const [inSession] = transfers(world, 1);
  const { envelope: lone } = transferEnvelope(world, 0, 1, 1n);
  const bytes = encodeEnvelope(inSession);
  t.is(bytes.length, encodeEnvelope(lone).length + 3 * 4);
  t.true(bytes.length < envelopeBytesMax);
  t.deepEqual(encodeEnvelope(decodeEnvelope(bytes)), bytes);
  const length = inputLength(world.network, 'transfer');
  for (const each of [inSession, lone]) t.notThrows(() => checkPacketLengths(each, length));
});

test('packets of both forms in one envelope, or of another length, are refused', t => {
  const world = small();
  const [inSession] = transfers(world, 1);
  const { envelope: lone } = transferEnvelope(world, 0, 1, 1n);
  const length = inputLength(world.network, 'transfer');
  for (const bank of banks) {
    const packet = inSession.packets[bank];
    // 4 bytes fewer is the length of the lone form
    for (const other of [
      packet.slice(4),
      packet.slice(1),
      concatBytes(packet, new Uint8Array(4)),
      packet.slice(0, 40),
    ]) {
      const error = t.throws(() => checkPacketLengths(withPacket(inSession, bank, other), length));
      t.true(isCode(error, 'MALFORMED'));
      const unread = t.throws(() => open(world, bank, withPacket(inSession, bank, other)));
      t.true(isCode(unread, 'PACKET_UNREADABLE'));
    }
    const mixed = withPacket(
      lone,
      bank,
      concatBytes(lone.packets[bank].slice(0, 32), new Uint8Array(4), lone.packets[bank].slice(32)),
    );
    t.true(
      isCode(
        t.throws(() => checkPacketLengths(mixed, length)),
        'MALFORMED',
      ),
    );
  }
});

test('a packet opens under no other id, number, enc, bank, roster version or session', t => {
  const world = small();
  const session = new SubmissionSession(world.network, world.random);
  // of one explicit bank, so that lengths agree and only the seal can refuse
  const made = transfers(world, 40, session);
  const [one, two] = made.filter(({ header }) => header.explicitBank === made[0].header.explicitBank);
  const foreign = transfers(world, 40).filter(({ header }) => header.explicitBank === one.header.explicitBank)[0];
  const refused = (what: string, bank: number, envelope: Envelope) => {
    for (const contexts of [undefined, new SessionContexts()]) {
      if (contexts) open(world, bank, two, contexts); // with the true context in memory, too
      const error = t.throws(() => open(world, bank, envelope, contexts), undefined, what);
      t.true(isCode(error, 'PACKET_UNREADABLE'), what);
      if (contexts) t.is(contexts.count, 1, 'what does not open is not remembered');
    }
  };
  for (const bank of banks) {
    const packet = one.packets[bank];
    const part = (from: Uint8Array) => ({ enc: from.slice(0, 32), seq: from.slice(32, 36), ct: from.slice(36) });
    const [mine, next, other] = [packet, two.packets[bank], foreign.packets[bank]].map(part);
    const changed = (parts: Partial<typeof mine>) => {
      const { enc, seq, ct } = { ...mine, ...parts };
      return withPacket(one, bank, concatBytes(enc, seq, ct));
    };
    t.notThrows(() => open(world, bank, changed({})));
    refused('the packet of another envelope', bank, withPacket(one, bank, two.packets[bank]));
    refused('another number', bank, changed({ seq: next.seq }));
    refused('another ciphertext', bank, changed({ ct: next.ct }));
    refused('the enc of another session', bank, changed({ enc: other.enc }));
    refused('the packet of another session', bank, changed(other));
    refused('an enc of small order', bank, changed({ enc: new Uint8Array(32) }));
    const changedHeader = { ...one.header, rosterVersion: one.header.rosterVersion + 1 };
    refused('another roster version under the same id', bank, { ...one, header: changedHeader });
    const other32 = { ...one.header, networkId: hash('another') };
    refused('another network under the same id', bank, { ...one, header: other32 });
    const id = envelopeId({ ...one.header, expiry: one.header.expiry + 1 });
    refused('another id', bank, { ...one, id });
    const wrongBank = { ...one, packets: banks.map(i => one.packets[(i + 1) % 3]) };
    t.true(
      isCode(
        t.throws(() => open(world, bank, wrongBank)),
        'PACKET_UNREADABLE',
      ),
    );
    const flippedKey = { ...one.header, keyHashes: one.header.keyHashes.map(() => hash('another key part')) };
    refused('another H(k_i)', bank, { ...one, header: flippedKey });
  }
});

test('a number at the bound is refused before anything is computed, and the sender never gets there', t => {
  const world = small();
  const [envelope] = transfers(world, 1);
  const packet = envelope.packets[1];
  const at = (sequence: number) =>
    withPacket(envelope, 1, concatBytes(packet.slice(0, 32), new Writer().u32(sequence).done(), packet.slice(36)));
  for (const sequence of [sessionMessagesMax, 2 ** 32 - 1, sessionMessagesMax - 1, 1]) {
    t.true(
      isCode(
        t.throws(() => open(world, 1, at(sequence))),
        'PACKET_UNREADABLE',
      ),
    );
  }
  t.notThrows(() => open(world, 1, at(0)));
  t.false(new SubmissionSession(world.network, world.random).isFull);
});

test('a lone packet cannot be passed off as the first of a session, nor the other way round', t => {
  const world = small();
  const [inSession] = transfers(world, 1);
  const { envelope: lone } = transferEnvelope(world, 0, 1, 1n);
  for (const bank of banks) {
    const own = lone.packets[bank];
    const asSession = withPacket(lone, bank, concatBytes(own.slice(0, 32), new Uint8Array(4), own.slice(32)));
    t.true(
      isCode(
        t.throws(() => open(world, bank, asSession)),
        'PACKET_UNREADABLE',
      ),
    );
    const packet = inSession.packets[bank];
    const asLone = withPacket(inSession, bank, concatBytes(packet.slice(0, 32), packet.slice(36)));
    t.true(
      isCode(
        t.throws(() => open(world, bank, asLone)),
        'PACKET_UNREADABLE',
      ),
    );
  }
});

test('a bank remembers no more sessions than its bound, forgets the one used longest ago, and derives it again', t => {
  const world = small();
  const sent = Array.from({ length: 4 }, () => transfers(world, 2));
  const contexts = new SessionContexts(3);
  for (const [envelope] of sent.slice(0, 3)) open(world, 1, envelope, contexts);
  open(world, 1, sent[0][1], contexts); // used again: now the second is the oldest
  open(world, 1, sent[3][0], contexts);
  t.is(contexts.count, 3);
  for (const [, envelope] of sent) t.notThrows(() => open(world, 1, envelope, contexts));
  t.is(contexts.count, 3);
});

test('two sessions of one wallet have nothing in common, and no packet holds its content in the clear', t => {
  const world = small();
  const [a, b] = [transfers(world, 1)[0], transfers(world, 1)[0]];
  for (const bank of banks) {
    t.notDeepEqual(a.packets[bank].slice(0, 32), b.packets[bank].slice(0, 32));
    const { keyPart } = open(world, bank, a);
    t.false(Buffer.from(a.packets[bank]).includes(Buffer.from(keyPart)));
  }
  const seeded = () => new SubmissionSession(world.network, seededRandom(utf8('one')));
  const [id, text] = [hash('id'), utf8('text')];
  t.deepEqual(seeded().seal(0, text, id), seeded().seal(0, text, id), 'all of a session comes from its randomness');
});
