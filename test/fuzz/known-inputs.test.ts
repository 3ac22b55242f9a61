/**
 * What stands beside the table: single inputs whose answer is known, and checks of outside bytes that decode nothing.
 */
import test from 'ava';
import fc from 'fast-check';
import { decodePreprocessingFrame } from '../../src/bank/transport.js';
import { concatBytes, ed25519 } from '../../src/crypto/index.js';
import { decodeSubmission, decodeSubmissionReply, encodeSubmissionReply } from '../../src/envelope/index.js';
import { decodePacket, encodePacket } from '../../src/envelope/packet.js';
import { isCode } from '../../src/errors.js';
import { P, vec } from '../../src/field/index.js';
import { frameBytesMax, submissionWindow } from '../../src/limits.js';
import { accountKeys } from '../harness/banks.js';
import { idOf } from '../src/ledger/records.js';

test('a frame of preprocessing over the bound of frames is refused', t => {
  const error = t.throws(() => decodePreprocessingFrame(new Uint8Array(8 + frameBytesMax + 1)));
  t.true(isCode(error, 'MALFORMED', 'OVERSIZED'));
});

test('a packet with any other content is PACKET_UNREADABLE', t => {
  const L = 7;
  const contents = [
    [true, encodePacket(new Uint8Array(16), vec([0, 1, 2, 3, 4, 5, P - 1n]))],
    [false, encodePacket(new Uint8Array(16), new Uint8Array(16))],
  ] as const;
  for (const [explicit, bytes] of contents) {
    t.is(decodePacket(bytes, explicit, L).share().length, L);
    const wrong = [
      new Uint8Array(0),
      bytes.subarray(1),
      concatBytes(bytes, Uint8Array.of(0)),
      concatBytes(bytes, new Uint8Array(8)),
    ];
    if (explicit) wrong.push(bytes.map((byte, i) => (i >= 16 && i < 24 ? 255 : byte)));
    for (const each of wrong) {
      const error = t.throws(() => decodePacket(each, explicit, L));
      t.true(isCode(error, 'PACKET_UNREADABLE'));
    }
    t.true(
      isCode(
        t.throws(() => decodePacket(bytes, !explicit, L)),
        'PACKET_UNREADABLE',
      ),
    );
  }
});

test('a signature check of any bytes answers and does not throw', t => {
  const seed = accountKeys(0).spendingSeed;
  const [key, message] = [ed25519.publicKey(seed), idOf('m')];
  t.true(ed25519.verify(key, message, ed25519.sign(seed, message)));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 70 }), (anyKey, signature) => {
      t.false(ed25519.verify(anyKey, message, signature));
      t.false(ed25519.verify(key, message, signature));
    }),
    { numRuns: 200 },
  );
});

test('a reply of a gateway that means nothing is refused, and one with a long message can be read', t => {
  const wrong = [
    { kind: 'welcome', window: 0 },
    { kind: 'welcome', window: submissionWindow + 1 },
    { kind: 'news', number: 1, state: 'forgotten', height: 1 },
    { kind: 'news', number: 1, state: 'final', height: 0 },
    { kind: 'refused', number: 1, code: 'NO_SUCH_CODE' as 'REFUSED', message: '' },
  ] as const;
  for (const reply of wrong) {
    t.true(
      isCode(
        t.throws(() => decodeSubmissionReply(encodeSubmissionReply(reply))),
        'MALFORMED',
      ),
    );
  }
  const long = { kind: 'refused', number: 1, code: 'INTERNAL', message: 'ä\u{1F3E6}'.repeat(5_000) } as const;
  t.like(decodeSubmissionReply(encodeSubmissionReply(long)), { kind: 'refused', code: 'INTERNAL' });
  t.true(
    isCode(
      t.throws(() => decodeSubmission(Uint8Array.of(0, 0, 0, 0))),
      'MALFORMED',
    ),
  );
});
