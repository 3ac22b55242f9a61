/** Messages as bytes: every cut, every bound, random bytes. */
import test from 'ava';
import fc from 'fast-check';
import { pipe } from 'it-pipe';
import {
  decodeMessage,
  decodeMessages,
  encodeMessage,
  type Message,
  messageBytesMax,
  Unframer,
  unframe,
} from '../../../node/host/framing.js';
import { Writer } from '../../../src/codec/index.js';
import { concatBytes, equalBytes } from '../../../src/crypto/index.js';
import { CovaultError } from '../../../src/errors.js';
import { linkVersionBytesMax, pieceBytesMax } from '../../../src/limits.js';

const sized = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });
const position = fc.integer({ min: 0, max: 2 ** 40 });
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: fc.constant('hello' as const),
    epoch: sized(16),
    nonce: sized(16),
    resumes: sized(32),
    next: position,
    version: fc.stringMatching(/^[\x21-\x7e]{1,32}$/),
  }),
  fc.record({
    kind: fc.constant('piece' as const),
    sequence: position,
    frameBytes: fc.integer({ min: 100, max: 0xffff_ffff }),
    payload: fc.uint8Array({ maxLength: 100 }),
  }),
  fc.record({ kind: fc.constant('ack' as const), next: position, credit: position }),
  fc.constant({ kind: 'beat' as const }),
  fc.constant({ kind: 'bye' as const }),
);

async function* inParts(bytes: Uint8Array, count: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += count) yield bytes.subarray(at, at + count);
}

async function read(bytes: Uint8Array, count: number): Promise<Message[]> {
  return pipe(inParts(bytes, count), unframe, decodeMessages, async source => {
    const found: Message[] = [];
    // a payload is there until the next message is asked for
    for await (const each of source) {
      found.push(each.kind === 'piece' ? { ...each, payload: each.payload.slice() } : each);
    }
    return found;
  });
}

test('messages come out as they went in, however the bytes are cut', async t => {
  const property = fc.asyncProperty(
    fc.array(message, { maxLength: 8 }),
    fc.integer({ min: 1, max: 200 }),
    async (sent, count) => {
      t.deepEqual(await read(concatBytes(...sent.map(encodeMessage)), count), sent);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test('a full piece passes and its payload is aligned', async t => {
  const payload = new Uint8Array(pieceBytesMax).fill(3);
  const [piece] = await read(encodeMessage({ kind: 'piece', sequence: 5, frameBytes: 2 ** 20, payload }), 1000);
  if (piece.kind !== 'piece') return t.fail();
  t.true(equalBytes(piece.payload, payload));
  t.is(piece.payload.byteOffset % 8, 0);
});

test('bodies come one after the other in the same memory, which is no larger than one may be', t => {
  const sent = [40_000, 9_000, pieceBytesMax].map((size, k) => new Uint8Array(size).fill(k + 1));
  const stream = concatBytes(
    ...sent.map((payload, sequence) => encodeMessage({ kind: 'piece', sequence, frameBytes: payload.length, payload })),
  );
  const memories = new Set<ArrayBufferLike>();
  let k = 0;
  for (const body of new Unframer().push(stream)) {
    const piece = decodeMessage(body);
    t.true(piece.kind === 'piece' && equalBytes(piece.payload, sent[k++]));
    memories.add(body.buffer);
  }
  t.is(k, 3);
  t.is(memories.size, 2, 'the third is longer than twice the first');
  t.true([...memories].every(({ byteLength }) => byteLength <= messageBytesMax));
});

test('a truncated message is never read as one', t => {
  fc.assert(
    fc.property(message, fc.nat(), (sent, at) => {
      const bytes = encodeMessage(sent);
      const unframer = new Unframer();
      t.deepEqual([...unframer.push(bytes.subarray(0, at % bytes.length))], []);
      t.is(unframer.between, at % bytes.length === 0);
      const body = bytes.subarray(4);
      if (sent.kind === 'piece') return;
      const error = t.throws(() => decodeMessage(body.subarray(0, at % body.length)), { instanceOf: CovaultError });
      t.is(error?.code, 'MALFORMED');
    }),
    { numRuns: 100 },
  );
});

test('a length over the bound is refused before anything is allocated', t => {
  for (const count of [messageBytesMax + 1, 0xffff_ffff]) {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, count, true);
    t.like(
      t.throws(() => [...new Unframer().push(length)]),
      { code: 'OVERSIZED' },
    );
  }
  t.like(
    t.throws(() => [...new Unframer().push(new Uint8Array(4))]),
    { code: 'MALFORMED' },
  );
});

test('random bytes are refused, or are what a bank would have sent', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), bytes => {
      try {
        const decoded = decodeMessage(bytes);
        t.deepEqual(encodeMessage(decoded).subarray(4), bytes, 'one message has one encoding');
      } catch (error) {
        if (!(error instanceof CovaultError)) throw error;
        t.true(error.code === 'MALFORMED' || error.code === 'OVERSIZED');
      }
    }),
    { numRuns: 500 },
  );
});

test('a hello whose version is empty, too long, or not printable is refused', t => {
  const zeros = new Uint8Array(16);
  const hello = { kind: 'hello', epoch: zeros, nonce: zeros, resumes: new Uint8Array(32), next: 0 } as const;
  const good = encodeMessage({ ...hello, version: '0.1.0-rc.1+linux' }).subarray(4);
  t.like(decodeMessage(good), { version: '0.1.0-rc.1+linux' });
  const head = encodeMessage({ ...hello, version: 'v' }).subarray(4, -5);
  const withVersion = (text: string) => concatBytes(head, new Writer().text(text).done());
  t.like(decodeMessage(withVersion('v')), { version: 'v' });
  const codeOf = (text: string) => t.throws(() => decodeMessage(withVersion(text)), { instanceOf: CovaultError })?.code;
  for (const text of ['', ' ', '0.1 .0', '0.1\n', '\u001b[31m', 'é', '\u007f']) t.is(codeOf(text), 'MALFORMED', text);
  t.is(codeOf('v'.repeat(linkVersionBytesMax + 1)), 'OVERSIZED');
  t.throws(() => encodeMessage({ ...hello, version: 'a version' }), undefined, 'nor is it sent');
});

test('pieces that a bank would not have cut are refused', t => {
  const bodyOf = (frameBytes: number, count: number) =>
    encodeMessage({ kind: 'piece', sequence: 0, frameBytes, payload: new Uint8Array(count) }).subarray(4);
  const reserved = bodyOf(1, 1);
  reserved[3] = 1;
  for (const body of [bodyOf(8, 9), bodyOf(2 * pieceBytesMax, pieceBytesMax + 1), reserved]) {
    t.like(
      t.throws(() => decodeMessage(body)),
      { code: 'MALFORMED' },
    );
  }
});
