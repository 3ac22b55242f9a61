/** Fuzz targets: what banks and submitters say to each other, and the records they sign. */
import { AddressBook } from '../../node/host/address-book.js';
import {
  decodeMessage as decodeLinkMessage,
  encodeMessage as encodeLinkMessage,
  Unframer,
  withLength,
} from '../../node/host/framing.js';
import { readAnnouncement, writeAnnouncement } from '../../src/agreement/announcement.js';
import {
  announceGroup,
  decodeEvidence,
  type Evidence,
  encodeEvidence,
  type OpenAttempt,
  readOpenAttempt,
  writeOpenAttempt,
} from '../../src/agreement/index.js';
import { decodeMessage, encodeMessage, type Message } from '../../src/agreement/messages.js';
import {
  readCommitted,
  readVoid,
  type Signed,
  type Void,
  writeCommitted,
  writeVoid,
} from '../../src/agreement/statements.js';
import { type CopyItem, encodeItem, readCopy } from '../../src/bank/copy.js';
import {
  decodeAgreementFrame,
  decodeEnvelopeFrame,
  decodePreprocessingFrame,
  encodeAgreementFrame,
  encodeEnvelopeFrame,
  encodePreprocessingFrame,
  readForwarded,
  writeForwarded,
} from '../../src/bank/transport.js';
import { decodeAll, type Reader, Writer } from '../../src/codec/index.js';
import { concatBytes, toHex, utf8 } from '../../src/crypto/index.js';
import {
  decodeSubmission,
  decodeSubmissionReply,
  encodeSubmission,
  encodeSubmissionReply,
} from '../../src/envelope/index.js';
import { decodePacket, encodePacket } from '../../src/envelope/packet.js';
import { decodeVec, encodeVec, P, vec } from '../../src/field/index.js';
import {
  decodeLogEntry,
  decodeReceipts,
  decodeRecord,
  encodeReceipts,
  encodeRecord,
  readCertificate,
  readStatus,
  type Status,
  writeCertificate,
  writeStatus,
} from '../../src/ledger/log.js';
import { encodeWants, readWants, type Wants } from '../../src/preprocessing/lots.js';
import { networkOf, seedOf } from '../node/host/world.js';
import { certify, idOf, makeBanks, makeRecord, signCommitted } from '../src/ledger/records.js';
import { bytesCodes, type FuzzTarget } from './target.js';

export const banks = makeBanks(3);
/** Of one group, whose signature nobody looks at. */
export const announced = announceGroup(banks.network.id, 2, 7, [0, 1, 2, 3, 4].map(idOf), () =>
  new Uint8Array(64).fill(3),
);
const [announcement, , , another] = announced;
const [otherSponsor] = announceGroup(banks.network.id, 1, 3, [idOf('alone')], () => new Uint8Array(64).fill(4));
export const statuses: readonly Status[] = [
  { kind: 'settled', pi: 1 },
  { kind: 'rejected', reason: 'linear' },
  { kind: 'revealed', y: P - 1n },
  { kind: 'opened', account: 3 },
  { kind: 'audited', sum: 100n },
  { kind: 'rekeyed', page: 3 },
];
export const record = makeRecord(banks.network, {
  entries: statuses.map((status, i) => ({ id: idOf(i), status })),
  burned: [idOf('x'), idOf('y')].sort(Buffer.compare),
});
const session = new Uint8Array(8);
const signature = new Uint8Array(64).fill(7);
const signed: Signed = {
  height: 3,
  attempt: 2,
  bank: 1,
  recordHash: idOf('r'),
  commitment: idOf('c'),
  signature,
};
const rootVoid: Void = { height: 3, attempt: 2, bank: 1, root: undefined, signature };
const voids: Void[] = [rootVoid, { ...rootVoid, bank: 2, root: { bank: 1, signature } }];
const committed = { height: 3, hash: idOf('h'), signature };
export const evidences: Evidence[] = [
  { kind: 'accusation', culprit: 1, why: 'a tag' },
  { kind: 'accusation', culprit: undefined, why: 'nobody' },
  { kind: 'proof', proof: { kind: 'sign-and-void', signed, voidSignature: signature } },
  { kind: 'proof', proof: { kind: 'two-records', first: signed, second: { ...signed, recordHash: idOf('s') } } },
  { kind: 'proof', proof: { kind: 'two-committed', bank: 2, first: committed, second: committed } },
  { kind: 'proof', proof: { kind: 'two-announcements', first: announcement, second: another } },
];
const messages: Message[] = [
  { kind: 'status', height: 3, hash: idOf('h'), attempt: 2 },
  {
    kind: 'proposal',
    session,
    height: 4,
    attempt: 1,
    base: 1,
    round: 2,
    ready: [otherSponsor, announcement, another],
    burned: [idOf('b')],
    at: { vole: 9, triples: 1, selections: 0 },
  },
  { kind: 'signed', signed },
  ...voids.map(of => ({ kind: 'void', void: of }) as const),
  { kind: 'committed', committed },
  { kind: 'certificate', record, certificate: certify(banks, record) },
  { kind: 'entry', bank: 1, entry: new Uint8Array(30).fill(1) },
  ...evidences.map(evidence => ({ kind: 'accusation', evidence }) as const),
];
const openAttempts: OpenAttempt[] = [
  { attempt: 1, record: undefined, root: undefined, signed: undefined },
  { attempt: 2, record, root: { bank: 1, signature }, signed: { signed, entry: new Uint8Array(40).fill(1) } },
];
const copied: CopyItem[] = [
  { kind: 'header', networkId: banks.network.id, rosterVersion: 2, of: 1, by: 2 },
  ...openAttempts.map(attempt => ({ kind: 'attempt', attempt }) as const),
  { kind: 'entry', entry: new Uint8Array(30).fill(1) },
  { kind: 'record', certified: { record, certificate: certify(banks, record) } },
  { kind: 'end' },
];
const forwarded = { announcement, header: new Uint8Array(60), signature: undefined, packet: new Uint8Array(40) };
const wantedKinds = ['vole', 'triples'] as const;
const wants: Wants = new Map([
  ['vole', { at: 3, until: 9, urgent: true }],
  ['triples', { at: 0, until: 0, urgent: false }],
]);

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** As a gateway hands it out. */
const logEntryOf = (isFinal: boolean) => ({
  height: record.height,
  record: toHex(encodeRecord(record)),
  certificate: toHex(writeCertificate(new Writer(), certify(banks, record)).done()),
  committed: isFinal ? signCommitted(banks, record).map(toHex) : null,
});

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};

const all =
  <T>(what: string, read: (r: Reader) => T, write: (w: Writer, value: T) => Writer) =>
  (bytes: Uint8Array) =>
    write(new Writer(), decodeAll(bytes, what, read)).done();

const canonical = (
  name: string,
  covers: readonly string[],
  samples: readonly Uint8Array[],
  again: (bytes: Uint8Array) => Uint8Array,
): FuzzTarget => ({ name, covers, samples, again, form: 'canonical', codes: bytesCodes });

const L = 7;
const packetTargets = [true, false].map(
  (explicit): FuzzTarget => ({
    name: explicit ? 'packet with a share' : 'packet with a seed',
    covers: ['src/envelope/packet.ts decodePacket'],
    form: 'value',
    codes: ['PACKET_UNREADABLE'],
    samples: [encodePacket(new Uint8Array(16), explicit ? vec([0, 1, 2, 3, 4, 5, P - 1n]) : new Uint8Array(16))],
    again: bytes => void decodePacket(bytes, explicit, L).share(),
  }),
);

const rostered = networkOf(3);
const told = new AddressBook(rostered, 0, seedOf(0));
told.setOwn(['/ip4/10.0.0.1/tcp/1'], 10);
const addressTarget: FuzzTarget = {
  name: 'addresses of a bank',
  covers: ['node/host/address-book.ts AddressBook.learn'],
  form: 'value',
  codes: [...bytesCodes, 'BAD_SIGNATURE'],
  samples: [told.records()[0], utf8('none')],
  again: bytes => void new AddressBook(rostered, 1, seedOf(1)).learn(bytes),
};

export const messageTargets: readonly FuzzTarget[] = [
  canonical('record', ['src/ledger/record.ts decodeRecord'], [encodeRecord(record)], bytes =>
    encodeRecord(decodeRecord(bytes)),
  ),
  canonical(
    'receipts',
    ['src/ledger/receipts.ts decodeReceipts', 'src/ledger/receipts.ts readReceipts'],
    [encodeReceipts({ tau: 7n, values: [1n, P - 1n] })],
    bytes => encodeReceipts(decodeReceipts(bytes)),
  ),
  canonical(
    'status',
    ['src/ledger/record.ts readStatus'],
    statuses.map(status => writeStatus(new Writer(), status).done()),
    all('status', readStatus, writeStatus),
  ),
  canonical(
    'certificate',
    ['src/ledger/certificate.ts readCertificate'],
    [writeCertificate(new Writer(), certify(banks, record)).done()],
    all('certificate', readCertificate, writeCertificate),
  ),
  {
    name: 'log entry of a gateway',
    covers: ['src/ledger/verify-log.ts decodeLogEntry', 'src/ledger/verify-log.ts readLogEntry'],
    form: 'value',
    codes: ['BAD_CERTIFICATE'],
    samples: [true, false].map(isFinal => utf8(JSON.stringify(logEntryOf(isFinal)))),
    again: bytes => {
      decodeLogEntry(parsed(bytes), 1);
      return undefined;
    },
  },
  canonical(
    'agreement message',
    [
      'src/agreement/messages.ts decodeMessage',
      'src/agreement/announcement.ts readByGroup',
      'src/agreement/statements.ts readBank',
      'src/agreement/statements.ts readPlace',
      'src/agreement/statements.ts readGround',
      'src/agreement/statements.ts readSigned',
    ],
    messages.map(encodeMessage),
    // without the bytes it keeps of a proposal as it came
    bytes => encodeMessage({ ...decodeMessage(bytes, 3) }),
  ),
  canonical('evidence', ['src/agreement/statements.ts decodeEvidence'], evidences.map(encodeEvidence), bytes =>
    encodeEvidence(decodeEvidence(bytes, 3)),
  ),
  canonical(
    'void',
    ['src/agreement/statements.ts readVoid'],
    voids.map(of => writeVoid(new Writer(), of).done()),
    all('void', r => readVoid(r, 3), writeVoid),
  ),
  canonical(
    'committed',
    ['src/agreement/statements.ts readCommitted'],
    [writeCommitted(new Writer(), committed).done()],
    all('committed', readCommitted, writeCommitted),
  ),
  canonical(
    'announcement',
    ['src/agreement/announcement.ts readAnnouncement', 'src/agreement/id-tree.ts IdTree.read'],
    announced.map(one => writeAnnouncement(new Writer(), one).done()),
    all('announcement', r => readAnnouncement(r, 3), writeAnnouncement),
  ),
  canonical(
    'forwarded envelope',
    ['src/bank/transport.ts readForwarded'],
    [forwarded, { ...forwarded, signature }].map(one => writeForwarded(new Writer(), one).done()),
    all('forwarded envelope', r => readForwarded(r, 3), writeForwarded),
  ),
  canonical(
    'open attempt',
    ['src/agreement/open-attempt.ts readOpenAttempt'],
    openAttempts.map(each => writeOpenAttempt(new Writer(), each).done()),
    all('open attempt', r => readOpenAttempt(r, 3), writeOpenAttempt),
  ),
  {
    name: 'copy of a bank',
    covers: ['src/bank/copy.ts readCopy'],
    form: 'canonical',
    codes: bytesCodes,
    samples: [copied, [copied[0], copied[copied.length - 1]]].map(items => concatBytes(...items.map(encodeItem))),
    again: async bytes => {
      const items: Uint8Array[] = [];
      for await (const item of readCopy(inPieces(bytes, 50), banks.network)) items.push(encodeItem(item));
      return concatBytes(...items);
    },
  },
  canonical(
    'envelope frame',
    ['src/bank/transport.ts decodeEnvelopeFrame'],
    [
      encodeEnvelopeFrame({ kind: 'want', ids: [idOf(1), idOf(2)] }),
      encodeEnvelopeFrame({
        kind: 'forward',
        envelopes: [forwarded, { ...forwarded, announcement: another, signature }],
      }),
    ],
    bytes => encodeEnvelopeFrame(decodeEnvelopeFrame(bytes, 3)),
  ),
  canonical(
    'agreement frame',
    ['src/bank/transport.ts decodeAgreementFrame'],
    [
      encodeAgreementFrame({ kind: 'hello', nonce: idOf('n'), height: 3 }),
      encodeAgreementFrame({ kind: 'confirm', id: idOf('c') }),
      encodeAgreementFrame({ kind: 'ahead', certified: new Uint8Array(7) }),
      encodeAgreementFrame({ kind: 'message', session, bytes: new Uint8Array(5) }),
      encodeAgreementFrame({ kind: 'computation', session, height: 1, attempt: 1, base: 1, bytes: new Uint8Array(3) }),
    ],
    bytes => encodeAgreementFrame(decodeAgreementFrame(bytes)),
  ),
  canonical(
    'preprocessing frame',
    ['src/bank/transport.ts decodePreprocessingFrame'],
    [encodePreprocessingFrame(session, new Uint8Array(20))],
    bytes => {
      const { session: of, frame } = decodePreprocessingFrame(bytes);
      return encodePreprocessingFrame(of, frame);
    },
  ),
  canonical(
    'wants of preprocessing',
    ['src/preprocessing/lots.ts readWants'],
    [encodeWants(wantedKinds, wants)],
    bytes =>
      encodeWants(
        wantedKinds,
        decodeAll(bytes, 'wants', r => readWants(wantedKinds, r)),
      ),
  ),
  canonical('vector', ['src/field/codec.ts decodeVec'], [encodeVec(vec([0, 1, 5, P - 1n]))], bytes =>
    encodeVec(decodeVec(bytes)),
  ),
  canonical(
    'submission',
    ['src/envelope/submission-messages.ts decodeSubmission'],
    [encodeSubmission(0, new Uint8Array(9)), encodeSubmission(2 ** 32 - 1, Uint8Array.of(1))],
    bytes => {
      const { number, envelope } = decodeSubmission(bytes);
      return encodeSubmission(number, envelope);
    },
  ),
  canonical(
    'submission reply',
    ['src/envelope/submission-messages.ts decodeSubmissionReply'],
    [
      encodeSubmissionReply({ kind: 'welcome', window: 7 }),
      encodeSubmissionReply({ kind: 'accepted', number: 3, id: idOf('a') }),
      encodeSubmissionReply({ kind: 'refused', number: 4, code: 'POOL_FULL', message: 'later, später' }),
      encodeSubmissionReply({ kind: 'news', number: 5, state: 'final', height: 9 }),
      encodeSubmissionReply({ kind: 'news', number: 5, state: 'forgotten', height: 0 }),
    ],
    bytes => encodeSubmissionReply(decodeSubmissionReply(bytes)),
  ),
  canonical(
    'link message',
    ['node/host/framing.ts decodeMessage'],
    [
      encodeLinkMessage({
        kind: 'hello',
        epoch: new Uint8Array(16),
        nonce: new Uint8Array(16),
        resumes: idOf('l'),
        next: 9,
        version: '0.1.0',
      }),
      encodeLinkMessage({ kind: 'piece', sequence: 5, frameBytes: 30, payload: new Uint8Array(30) }),
      encodeLinkMessage({ kind: 'ack', next: 3, credit: 100 }),
      encodeLinkMessage({ kind: 'beat' }),
      encodeLinkMessage({ kind: 'bye' }),
    ].map(framed => framed.slice(4)),
    bytes => encodeLinkMessage(decodeLinkMessage(bytes)).slice(4),
  ),
  {
    name: 'stream of bodies',
    covers: ['node/host/framing.ts Unframer'],
    form: 'stable',
    codes: bytesCodes,
    samples: [concatBytes(withLength(Uint8Array.of(1, 2, 3)), withLength(new Uint8Array(40)))],
    again: bytes => {
      const bodies = [...new Unframer(100).push(bytes)].map(body => withLength(body.slice()));
      return concatBytes(...bodies);
    },
  },
  ...packetTargets,
  addressTarget,
];
