/**
 * What two banks say on one stream, as bytes: messages with a length in front, checked before anything is kept.
 *
 *     length u32 | kind u8 | ...                                     little endian, like all of Covault
 *     hello  epoch 16, nonce 16, resumes 32, next u64, version    first on every stream, once; version: text
 *     piece  0 x 3, frame u32, sequence u64, payload                 a frame of so many bytes is cut every `pieceBytesMax`
 *     ack    next u64, credit u64
 *     beat                                                           the sender is alive
 *     bye                                                            the sender has thrown this link's state away
 *
 * A piece's head is 16 bytes, so that the payload of a frame in one piece is aligned for 8-byte elements. One frame has
 * one cutting: every piece but the last is full. Each says how long the whole frame is, so that it has its memory at once.
 *
 * Not here: what the messages mean (`flow.ts`, `link.ts`); which streams there are (`wire.ts`).
 */
import { decodeAll, type Reader, Writer } from '../../src/codec/index.js';
import { assert, CovaultError } from '../../src/errors.js';
import { linkVersionBytesMax, pieceBytesMax } from '../../src/limits.js';

/** One long-lived stream each per pair of banks. */
export type Use = 'envelopes' | 'agreement' | 'preprocessing';
export const uses: readonly Use[] = ['envelopes', 'agreement', 'preprocessing'];

export interface Hello {
  readonly kind: 'hello';
  /** 16 random bytes of the sender's process. */
  readonly epoch: Uint8Array;
  /** 16 random bytes of this connection. */
  readonly nonce: Uint8Array;
  /** Which link the sender can go on with: its tag, or 32 zeros. */
  readonly resumes: Uint8Array;
  /** In that link, for this use: the first piece the sender has not received. */
  readonly next: number;
  /** Of the sender's software, as it says: 1 to `linkVersionBytesMax` printable ASCII characters. */
  readonly version: string;
}

export interface Piece {
  readonly kind: 'piece';
  readonly sequence: number;
  /** Of the whole frame. */
  readonly frameBytes: number;
  readonly payload: Uint8Array;
}

export interface Ack {
  readonly kind: 'ack';
  /** Every piece below has been received. */
  readonly next: number;
  /** Cost of all pieces of this link that may be sent, from the first on. */
  readonly credit: number;
}

export type Message = Hello | Piece | Ack | { readonly kind: 'beat' } | { readonly kind: 'bye' };

const code = { hello: 1, piece: 2, ack: 3, beat: 4, bye: 5 } as const;
const lengthBytes = 4;
const pieceHeadBytes = 16;
export const messageBytesMax = pieceHeadBytes + pieceBytesMax;

/** With its length in front: what goes on the stream. */
export function encodeMessage(message: Message): Uint8Array {
  if (message.kind === 'piece') return encodePiece(message);
  const body = new Writer(96).u8(code[message.kind]);
  if (message.kind === 'hello') {
    assert(isVersion(message.version), 'a version that the other side takes');
    body.fixed(message.epoch).fixed(message.nonce).fixed(message.resumes).u64(message.next).text(message.version);
  }
  if (message.kind === 'ack') body.u64(message.next).u64(message.credit);
  return withLength(body.done());
}

/** What a piece is with its length in front, in bytes. */
export function pieceMessageBytes(payloadBytes: number): number {
  return lengthBytes + pieceHeadBytes + payloadBytes;
}

/** Into the first bytes of `memory`; returns them. */
export function encodePiece(
  piece: Piece,
  memory: Uint8Array = new Uint8Array(pieceMessageBytes(piece.payload.length)),
): Uint8Array {
  const bytes = memory.subarray(0, pieceMessageBytes(piece.payload.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint32(0, bytes.length - lengthBytes, true);
  view.setUint32(lengthBytes, code.piece, true);
  view.setUint32(lengthBytes + 4, piece.frameBytes, true);
  view.setBigUint64(lengthBytes + 8, BigInt(piece.sequence), true);
  bytes.set(piece.payload, lengthBytes + pieceHeadBytes);
  return bytes;
}

/** Bytes prefixed by their number: also how the small protocols beside the link frame theirs. */
export function withLength(body: Uint8Array): Uint8Array {
  return new Writer(lengthBytes + body.length).bytes(body).done();
}

/** Of the bytes after the length. Throws MALFORMED, OVERSIZED. */
export function decodeMessage(body: Uint8Array): Message {
  if (body[0] === code.piece) return decodePiece(body);
  return decodeAll(body, 'message', (r): Message => {
    const kind = r.u8();
    switch (kind) {
      case code.hello:
        return readHello(r);
      case code.ack:
        return { kind: 'ack', next: r.u64(), credit: r.u64() };
      case code.beat:
        return { kind: 'beat' };
      case code.bye:
        return { kind: 'bye' };
      default:
        throw r.malformed('no such kind of message');
    }
  });
}

function readHello(r: Reader): Hello {
  const numbers = { epoch: r.fixed(16), nonce: r.fixed(16), resumes: r.fixed(32), next: r.u64() };
  const version = r.text(linkVersionBytesMax);
  // it is shown to operators as it is
  if (!isVersion(version)) throw r.malformed('the version is not printable');
  return { kind: 'hello', ...numbers, version };
}

/** Whether software may say this of itself. */
export const isVersion = (text: string): boolean => text.length <= linkVersionBytesMax && /^[\x21-\x7e]+$/.test(text);

/** The payload is a view of the body. */
function decodePiece(body: Uint8Array): Piece {
  const payload = body.subarray(pieceHeadBytes);
  return decodeAll(body.subarray(1, pieceHeadBytes), 'piece', r => {
    if (r.fixed(3).some(byte => byte !== 0)) throw r.malformed('a reserved byte is not zero');
    const frameBytes = r.u32();
    if (payload.length > Math.min(pieceBytesMax, frameBytes)) throw r.malformed('it is too large');
    return { kind: 'piece', sequence: r.u64(), frameBytes, payload };
  });
}

/**
 * Cuts a stream of bytes, however it arrives, into the bodies that were framed. All of them come in the same memory: a body
 * is there until the next one is asked for, and whoever wants it longer copies it.
 */
export class Unframer {
  readonly #bytesMax: number;
  readonly #length = new Uint8Array(lengthBytes);
  #memory = new Uint8Array(0);
  #body: Uint8Array | undefined;
  #filled = 0;

  constructor(bytesMax = messageBytesMax) {
    assert(bytesMax > 0, 'a bound');
    this.#bytesMax = bytesMax;
  }

  /** True between two bodies: a stream that ends elsewhere was cut off. */
  get between(): boolean {
    return this.#body === undefined && this.#filled === 0;
  }

  /** The bodies that `part` completes, each until the next. Throws OVERSIZED, MALFORMED. */
  *push(part: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < part.length; ) {
      const target = this.#body ?? this.#length;
      const count = Math.min(target.length - this.#filled, part.length - at);
      target.set(part.subarray(at, at + count), this.#filled);
      at += count;
      this.#filled += count;
      if (this.#filled < target.length) continue;
      this.#filled = 0;
      if (this.#body === undefined) {
        this.#body = this.#begin();
      } else {
        const body = this.#body;
        this.#body = undefined;
        yield body;
      }
    }
  }

  /** The bound is checked before anything is allocated. */
  #begin(): Uint8Array {
    const count = new DataView(this.#length.buffer).getUint32(0, true);
    if (count > this.#bytesMax) {
      throw new CovaultError('OVERSIZED', 'oversized message', { count, bytesMax: this.#bytesMax });
    }
    if (count === 0) throw new CovaultError('MALFORMED', 'malformed message: it is empty', { count });
    if (this.#memory.length < count) this.#memory = new Uint8Array(Math.min(this.#bytesMax, 2 * count));
    return this.#memory.subarray(0, count);
  }
}

/** The reading side of a stream, as stages of a pipe: bytes to bodies, each there until the next is asked for. */
export async function* unframe(
  source: AsyncIterable<Uint8Array>,
  bytesMax = messageBytesMax,
): AsyncGenerator<Uint8Array> {
  const unframer = new Unframer(bytesMax);
  for await (const part of source) yield* unframer.push(part);
}

/** Bodies to messages: a payload lives as long as its body. */
export async function* decodeMessages(bodies: AsyncIterable<Uint8Array>): AsyncGenerator<Message> {
  for await (const body of bodies) yield decodeMessage(body);
}
