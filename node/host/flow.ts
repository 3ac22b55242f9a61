/**
 * One use of a link in one direction: frames in, the same frames out at the other end, each once and in order, over
 * connections that may break at any byte. No I/O, no clock.
 *
 *     sequence   pieces are numbered from 0 in each link and use; the receiver takes only the one it waits for
 *     next       the receiver's: all below are received, and the sender forgets them
 *     cost       of a piece: its bytes + pieceCostBytes. Both ends add up the same costs from the link's start
 *     credit     the receiver's: pieces may be sent while the sum of costs, theirs included, is at most that
 *
 *     credit = received + window - (cost of whole frames that wait for their handler), never less than before
 *
 * A frame being put together does not count against the credit, or a frame larger than the window could never arrive; it
 * is bounded by frameBytesMax instead. So a receiver holds at most frameBytesMax + 2 windows and one frame per use,
 * whatever the muxer does, and a sender what it queued and was not yet acknowledged.
 *
 * A frame that is pushed is copied at once, into messages in memory that serves again when they are acknowledged. At the other
 * end a frame has its own memory from its first piece on, and is whoever's takes it.
 *
 * When a connection is resumed the sender starts again at the receiver's `next`. Everything here survives connections
 * and is thrown away with the link.
 */
import { assert, CovaultError, type Facts } from '../../src/errors.js';
import { frameBytesMax, linkQueueBytesMax, linkWindowBytes, pieceBytesMax, pieceCostBytes } from '../../src/limits.js';
import { encodePiece, type Piece, pieceMessageBytes } from './framing.js';

function nonsense(what: string, facts: Facts = {}): CovaultError {
  return new CovaultError('MALFORMED', what, facts);
}

export function costOf(payload: Uint8Array): number {
  return payload.length + pieceCostBytes;
}

/** A piece as it goes on the stream: kept, for it may have to go again. */
interface Queued {
  readonly message: Uint8Array;
  /** Sum of costs of all pieces of this link up to this one. */
  readonly sum: number;
}

/** Memory for full pieces, of all links. */
const slabs: Uint8Array[] = [];
const slabsKept = 16;
/** A message so small has memory of its own. */
const smallBytes = pieceMessageBytes(pieceBytesMax / 8);

/** Nobody reads a message that is acknowledged: a connection that had it in hand before has sent it, or is dead. */
function recycle({ message }: Queued): void {
  if (message.length > smallBytes && slabs.length < slabsKept) slabs.push(new Uint8Array(message.buffer));
}

function encoded(piece: Piece): Uint8Array {
  if (pieceMessageBytes(piece.payload.length) <= smallBytes) return encodePiece(piece);
  return encodePiece(piece, slabs.pop() ?? new Uint8Array(pieceMessageBytes(pieceBytesMax)));
}

/** The sending end. */
export class Outflow {
  /** Not acknowledged, from `#first` on. */
  #pieces: Queued[] = [];
  #first = 0;
  /** Next to be sent. */
  #cursor = 0;
  /** Sent on any connection so far: below this the peer may have received. */
  #sent = 0;
  #credit = linkWindowBytes;
  #pushed = 0;
  #acknowledged = 0;

  /** Cost of what is queued and not acknowledged. */
  get queued(): number {
    return this.#pushed - this.#acknowledged;
  }

  /** Copies the frame. */
  push(frame: Uint8Array): void {
    assert(frame.length <= frameBytesMax, 'a frame within its bound');
    assert(this.queued <= linkQueueBytesMax, 'senders wait for room');
    let at = 0;
    do {
      const payload = frame.subarray(at, at + pieceBytesMax);
      at += payload.length;
      this.#pushed += costOf(payload);
      const sequence = this.#first + this.#pieces.length;
      const message = encoded({ kind: 'piece', sequence, frameBytes: frame.length, payload });
      this.#pieces.push({ message, sum: this.#pushed });
    } while (at < frame.length);
  }

  /** The next message to send, if there is one and the receiver has room for it. */
  take(): Uint8Array | undefined {
    const piece = this.#pieces[this.#cursor - this.#first];
    if (piece === undefined || piece.sum > this.#credit) return undefined;
    this.#cursor++;
    this.#sent = Math.max(this.#sent, this.#cursor);
    return piece.message;
  }

  /** Throws MALFORMED: what no receiver says. */
  acknowledge(next: number, credit: number): void {
    if (next > this.#cursor) throw nonsense('it acknowledges what was not sent', { next });
    if (credit < this.#credit) throw nonsense('it takes credit back', { credit });
    this.#forget(next);
    this.#credit = credit;
  }

  /** A new connection: the receiver waits for `next`. Throws MALFORMED. */
  resume(next: number): void {
    if (next > this.#sent) throw nonsense('it resumes after what was sent', { next });
    this.#forget(next);
    this.#cursor = next;
  }

  #forget(next: number): void {
    if (next < this.#first) throw nonsense('it forgets what it acknowledged', { next });
    const gone = this.#pieces.splice(0, next - this.#first);
    this.#first = next;
    this.#acknowledged = gone.at(-1)?.sum ?? this.#acknowledged;
    gone.forEach(recycle);
  }
}

export interface Arrived {
  readonly frame: Uint8Array;
  readonly cost: number;
}

/** The receiving end. */
export class Inflow {
  #next = 0;
  #received = 0;
  #credit = linkWindowBytes;
  /** The frame being put together: its memory, bytes that have come, what they cost. */
  #frame: Uint8Array | undefined;
  #partBytes = 0;
  #partCost = 0;
  /** Whole frames, handed out or not, whose handler has not returned. */
  #waiting: Arrived[] = [];
  #waitingCost = 0;

  get next(): number {
    return this.#next;
  }

  get credit(): number {
    return this.#credit;
  }

  /** Copies the payload. Throws MALFORMED (a piece out of order, beyond its credit, cut otherwise), OVERSIZED. */
  accept(piece: Piece): void {
    const { sequence, payload, frameBytes } = piece;
    if (sequence !== this.#next) throw nonsense('a piece is out of order', { sequence, next: this.#next });
    if (this.#received + costOf(payload) > this.#credit) throw nonsense('it sends more than it may', { sequence });
    if (frameBytes > frameBytesMax) {
      throw new CovaultError('OVERSIZED', 'oversized frame', { count: frameBytes, bytesMax: frameBytesMax });
    }
    this.#frame ??= new Uint8Array(frameBytes);
    if (frameBytes !== this.#frame.length) throw nonsense('a frame changes its length', { sequence });
    if (payload.length !== Math.min(pieceBytesMax, frameBytes - this.#partBytes)) {
      throw nonsense('a frame is cut otherwise', { sequence });
    }
    this.#frame.set(payload, this.#partBytes);
    this.#next++;
    this.#received += costOf(payload);
    this.#partCost += costOf(payload);
    this.#partBytes += payload.length;
    if (this.#partBytes === frameBytes) this.#complete(this.#frame);
    this.#extend();
  }

  #complete(frame: Uint8Array): void {
    this.#waiting.push({ frame, cost: this.#partCost });
    this.#waitingCost += this.#partCost;
    this.#frame = undefined;
    this.#partBytes = 0;
    this.#partCost = 0;
  }

  /** The next whole frame. Whoever takes it gives `release` when it is done with it. */
  take(): Arrived | undefined {
    return this.#waiting.shift();
  }

  release(arrived: Arrived): void {
    this.#waitingCost -= arrived.cost;
    this.#extend();
  }

  #extend(): void {
    this.#credit = Math.max(this.#credit, this.#received + linkWindowBytes - this.#waitingCost);
  }
}
