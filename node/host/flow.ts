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
 * A frame that was pushed is the sender's no more: its pieces are views of it. At the other end pieces are put together in
 * memory that serves again; a whole frame comes in memory of its own, and is whoever's takes it.
 *
 * When a connection is resumed the sender starts again at the receiver's `next`. Everything here survives connections
 * and is thrown away with the link.
 */
import { assert, CovaultError, type Facts } from '../../src/errors.js';
import { frameBytesMax, linkQueueBytesMax, linkWindowBytes, pieceBytesMax, pieceCostBytes } from '../../src/limits.js';
import type { Piece } from './framing.js';

function nonsense(what: string, facts: Facts = {}): CovaultError {
  return new CovaultError('MALFORMED', what, facts);
}

export function costOf(payload: Uint8Array): number {
  return payload.length + pieceCostBytes;
}

interface Queued extends Piece {
  /** Sum of costs of all pieces of this link up to this one. */
  readonly sum: number;
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

  /** The frame is this flow's from now on: it stays as it is until the last of it is acknowledged. */
  push(frame: Uint8Array): void {
    assert(frame.length <= frameBytesMax, 'a frame within its bound');
    assert(this.queued <= linkQueueBytesMax, 'senders wait for room');
    let at = 0;
    do {
      const payload = frame.subarray(at, at + pieceBytesMax);
      at += payload.length;
      this.#pushed += costOf(payload);
      const sequence = this.#first + this.#pieces.length;
      this.#pieces.push({ kind: 'piece', sequence, last: at === frame.length, payload, sum: this.#pushed });
    } while (at < frame.length);
  }

  /** The next piece to send, if there is one and the receiver has room for it. */
  take(): Piece | undefined {
    const piece = this.#pieces[this.#cursor - this.#first];
    if (piece === undefined || piece.sum > this.#credit) return undefined;
    this.#cursor++;
    this.#sent = Math.max(this.#sent, this.#cursor);
    return piece;
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
  /** Of the frame being put together: its bytes, the first `#partBytes` here. */
  #memory = new Uint8Array(0);
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
    const { sequence, payload, last } = piece;
    if (sequence !== this.#next) throw nonsense('a piece is out of order', { sequence, next: this.#next });
    if (this.#received + costOf(payload) > this.#credit) throw nonsense('it sends more than it may', { sequence });
    if (last && payload.length === 0 && this.#partBytes > 0) throw nonsense('a frame ends in an empty piece');
    const count = this.#partBytes + payload.length;
    if (count > frameBytesMax) {
      throw new CovaultError('OVERSIZED', 'oversized frame', { count, bytesMax: frameBytesMax });
    }
    this.#next++;
    this.#received += costOf(payload);
    this.#partCost += costOf(payload);
    if (last && this.#partBytes === 0) {
      this.#complete(payload.slice());
    } else {
      this.#gather(payload);
      if (last) this.#complete(this.#memory.slice(0, count));
    }
    this.#extend();
  }

  #gather(payload: Uint8Array): void {
    const count = this.#partBytes + payload.length;
    if (count > this.#memory.length) {
      const larger = new Uint8Array(Math.min(frameBytesMax, 2 * count));
      larger.set(this.#memory.subarray(0, this.#partBytes));
      this.#memory = larger;
    }
    this.#memory.set(payload, this.#partBytes);
    this.#partBytes = count;
  }

  #complete(frame: Uint8Array): void {
    this.#waiting.push({ frame, cost: this.#partCost });
    this.#waitingCost += this.#partCost;
    this.#partBytes = 0;
    this.#partCost = 0;
    if (this.#memory.length > linkWindowBytes) this.#memory = new Uint8Array(0);
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
