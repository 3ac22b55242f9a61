/**
 * Whatever bytes arrive at a decoder, it throws MALFORMED or OVERSIZED, or gives a value that encodes to these very bytes:
 * nothing else is thrown, nothing is read twice, nothing has two encodings.
 */
import test from 'ava';
import fc from 'fast-check';
import { announceGroup } from '../../../src/agreement/index.js';
import { decodeMessage, encodeMessage, type Message } from '../../../src/agreement/messages.js';
import { readOpenAttempt, writeOpenAttempt } from '../../../src/agreement/open-attempt.js';
import {
  decodeAgreementFrame,
  decodeEnvelopeFrame,
  decodePreprocessingFrame,
  encodeAgreementFrame,
  encodeEnvelopeFrame,
  encodePreprocessingFrame,
} from '../../../src/bank/transport.js';
import { decodeAll, Writer } from '../../../src/codec/index.js';
import { concatBytes, ed25519 } from '../../../src/crypto/index.js';
import {
  decodeEnvelope,
  decodeHeader,
  decodeSubmission,
  decodeSubmissionReply,
  encodeEnvelope,
  encodeHeader,
  encodeSubmission,
  encodeSubmissionReply,
  SubmissionSession,
} from '../../../src/envelope/index.js';
import { decodePacket, encodePacket } from '../../../src/envelope/packet.js';
import { isCode } from '../../../src/errors.js';
import { decodeVec, encodeVec, P, vec } from '../../../src/field/index.js';
import { decodeRecord, encodeRecord, readCertificate, type Status, writeCertificate } from '../../../src/ledger/log.js';
import { decodePrepared, encodePrepared } from '../../../src/ledger/prepared.js';
import { decodeSecrets, encodeSecrets } from '../../../src/ledger/recovery-secrets.js';
import { frameBytesMax, submissionWindow } from '../../../src/limits.js';
import { decodeAmendment, decodeGenesis, encodeAmendment, encodeGenesis } from '../../../src/network/index.js';
import { spoiled } from '../../fuzz/spoil.js';
import { accountKeys, makeWorld, openEnvelope, runBlock, settleBlock, transferEnvelope } from '../../harness/banks.js';
import { announce } from '../agreement/envelopes.js';
import { certify, idOf, makeBanks, makeRecord } from '../ledger/records.js';

interface Decoder {
  readonly samples: readonly Uint8Array[];
  /** Decodes, and encodes what came out. */
  readonly again: (bytes: Uint8Array) => Uint8Array;
}

const banks = makeBanks(3);
/** Of one group, whose signature nobody looks at. */
const announced = announceGroup(banks.network.id, 2, 7, [0, 1, 2, 3, 4].map(idOf), () => new Uint8Array(64).fill(3));
const [announcement, , , another] = announced;
const statuses: Status[] = [
  { kind: 'settled', pi: 1 },
  { kind: 'rejected', reason: 'linear' },
  { kind: 'revealed', y: P - 1n },
  { kind: 'opened', account: 3 },
  { kind: 'audited', sum: 100n },
];
const record = makeRecord(banks.network, {
  entries: statuses.map((status, i) => ({ id: idOf(i), status })),
  burned: [idOf('x'), idOf('y')].sort(Buffer.compare),
});
const messages: Message[] = [
  { kind: 'status', height: 3, hash: idOf('h'), attempt: 2 },
  {
    kind: 'proposal',
    session: new Uint8Array(8),
    height: 4,
    attempt: 1,
    base: 1,
    round: 2,
    ready: [announcement, another, announce(banks, 1, 3, 'alone')].sort((a, b) => a.sponsor - b.sponsor),
    burned: [idOf('b')],
    at: { vole: 9, triples: 1, selections: 0 },
  },
  { kind: 'certificate', record, certificate: certify(banks, record) },
  { kind: 'accusation', evidence: { kind: 'accusation', culprit: 1, why: 'a tag' } },
  { kind: 'entry', bank: 1, entry: new Uint8Array(40).fill(1) },
];

async function decoders(): Promise<Record<string, Decoder>> {
  const found: Record<string, Decoder> = {
    record: { samples: [encodeRecord(record)], again: bytes => encodeRecord(decodeRecord(bytes)) },
    certificate: {
      samples: [writeCertificate(new Writer(), certify(banks, record)).done()],
      again: bytes => writeCertificate(new Writer(), decodeAll(bytes, 'certificate', readCertificate)).done(),
    },
    message: { samples: messages.map(encodeMessage), again: bytes => encodeMessage(decodeMessage(bytes, 3)) },
    'agreement frame': {
      samples: [
        encodeAgreementFrame({ kind: 'hello', nonce: idOf('n'), height: 7 }),
        encodeAgreementFrame({ kind: 'ahead', certified: new Uint8Array(5) }),
        encodeAgreementFrame({ kind: 'confirm', id: idOf('c') }),
        encodeAgreementFrame({ kind: 'message', session: new Uint8Array(8), bytes: new Uint8Array(5) }),
        encodeAgreementFrame({
          kind: 'computation',
          session: new Uint8Array(8),
          height: 1,
          attempt: 1,
          base: 1,
          bytes: new Uint8Array(3),
        }),
      ],
      again: bytes => encodeAgreementFrame(decodeAgreementFrame(bytes)),
    },
    'preprocessing frame': {
      samples: [encodePreprocessingFrame(new Uint8Array(8), new Uint8Array(20))],
      again: bytes => {
        const { session, frame } = decodePreprocessingFrame(bytes);
        return encodePreprocessingFrame(session, frame);
      },
    },
    vector: { samples: [encodeVec(vec([0, 1, 5, P - 1n]))], again: bytes => encodeVec(decodeVec(bytes)) },
    submission: {
      samples: [encodeSubmission(0, new Uint8Array(9)), encodeSubmission(2 ** 32 - 1, Uint8Array.of(1))],
      again: bytes => {
        const { number, envelope } = decodeSubmission(bytes);
        return encodeSubmission(number, envelope);
      },
    },
    'submission reply': {
      samples: [
        encodeSubmissionReply({ kind: 'welcome', window: 7 }),
        encodeSubmissionReply({ kind: 'accepted', number: 3, id: idOf('a') }),
        encodeSubmissionReply({ kind: 'refused', number: 4, code: 'POOL_FULL', message: 'later, später' }),
        encodeSubmissionReply({ kind: 'news', number: 5, state: 'final', height: 9 }),
        encodeSubmissionReply({ kind: 'news', number: 5, state: 'forgotten', height: 0 }),
      ],
      again: bytes => encodeSubmissionReply(decodeSubmissionReply(bytes)),
    },
    amendment: {
      samples: [
        encodeAmendment({
          bank: 1,
          sealingKey: idOf('s'),
          recoveryKey: idOf('r'),
          signatures: [0, 1, 2].map(() => new Uint8Array(64)),
        }),
      ],
      again: bytes => encodeAmendment(decodeAmendment(bytes)),
    },
    secrets: {
      samples: [encodeSecrets({ identitySeed: idOf('seed'), deltas: [0n, 5n, P - 1n], links: new Uint8Array(9) })],
      again: bytes => encodeSecrets(decodeSecrets(bytes)),
    },
    'open attempt': {
      samples: [
        writeOpenAttempt(new Writer(), {
          attempt: 2,
          record,
          root: { bank: 1, signature: new Uint8Array(64) },
          signed: {
            signed: {
              height: 1,
              attempt: 2,
              bank: 2,
              recordHash: idOf('h'),
              commitment: idOf('c'),
              signature: new Uint8Array(64),
            },
            entry: new Uint8Array(30),
          },
        }).done(),
      ],
      again: bytes =>
        writeOpenAttempt(
          new Writer(),
          decodeAll(bytes, 'attempt', r => readOpenAttempt(r, 3)),
        ).done(),
    },
    genesis: { samples: [], again: bytes => encodeGenesis(decodeGenesis(bytes)) },
    envelope: { samples: [], again: bytes => encodeEnvelope(decodeEnvelope(bytes)) },
    header: { samples: [], again: bytes => encodeHeader(decodeHeader(bytes)) },
    'envelope frame': { samples: [], again: bytes => encodeEnvelopeFrame(decodeEnvelopeFrame(bytes, 3)) },
  };
  for (const pageSize of [1, 3]) {
    const world = makeWorld({ banks: 3, pageSize, balances: [5n, 6n, 0n], amountBits: 8 });
    const open = [openEnvelope(world, 0), openEnvelope(world, 2)];
    const opened = await settleBlock(world, open);
    const { envelope } = transferEnvelope(world, 0, 2, 1n);
    const [outcome] = await runBlock(world, [envelope]);
    if (outcome.status === 'rejected') throw outcome.reason;
    const more = (name: string, ...samples: Uint8Array[]) => {
      found[name] = { ...found[name], samples: [...found[name].samples, ...samples] };
    };
    more('genesis', encodeGenesis(world.network));
    const { seal } = new SubmissionSession(world.network, world.random);
    const inSession = transferEnvelope(world, 0, 2, 1n, seal).envelope;
    more('envelope', ...[open[0], envelope, inSession].map(encodeEnvelope));
    more('header', ...[...open, envelope].map(({ header }) => encodeHeader(header)));
    more(
      'envelope frame',
      encodeEnvelopeFrame({ kind: 'want', ids: [idOf(1), idOf(2)] }),
      ...[open[0], envelope, inSession].map(({ header, signature, packets }) =>
        encodeEnvelopeFrame({
          kind: 'forward',
          envelopes: [
            { announcement, header: encodeHeader(header), signature, packet: packets[1] },
            { announcement: another, header: encodeHeader(header), signature, packet: packets[0] },
          ],
        }),
      ),
    );
    found[`prepared state, pages of ${pageSize}`] = {
      samples: [opened.prepared, outcome.value.prepared].map(encodePrepared),
      again: bytes => encodePrepared(decodePrepared(world.network, world.parties[0], bytes)),
    };
  }
  return found;
}

const found = await decoders();

for (const [name, { samples, again }] of Object.entries(found)) {
  test(`any bytes are one ${name}, canonically, or MALFORMED or OVERSIZED`, t => {
    for (const sample of samples) t.deepEqual(again(sample), sample);
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(spoiled(samples), bytes => {
        const before = bytes.slice();
        try {
          t.deepEqual(again(bytes), before);
          taken++;
        } catch (error) {
          t.true(isCode(error, 'MALFORMED', 'OVERSIZED'), error instanceof Error ? error.stack : '');
          refused++;
        }
        t.deepEqual(bytes, before);
      }),
      { numRuns: 700 },
    );
    t.true(taken > 0 && refused > 0);
  });

  test(`every beginning of one ${name} alone is refused, unless it is one too`, t => {
    for (const sample of samples) {
      const cuts = Array.from({ length: Math.min(sample.length, 150) }, (_, k) =>
        sample.length <= 150 ? k : Math.floor((k * sample.length) / 150),
      );
      for (const cut of cuts) {
        const bytes = sample.slice(0, cut);
        try {
          t.deepEqual(again(bytes), bytes);
        } catch (error) {
          t.true(isCode(error, 'MALFORMED', 'OVERSIZED'), `${cut}`);
        }
      }
    }
  });
}

test('a frame of preprocessing over the bound of frames is refused', t => {
  const { again } = found['preprocessing frame'];
  const error = t.throws(() => again(new Uint8Array(8 + frameBytesMax + 1)));
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
