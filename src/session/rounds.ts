/**
 * n banks in one conversation, in lockstep: one message from each to each, verified on arrival, then the next.
 *
 *   barrier   message s+1 leaves only after message s has arrived, complete and verified, from every bank
 *   digest    message s+1 carries H of everything broadcast up to message s: banks that were told two things part here
 *   opening   bank i sends x_i to all and H(context, T_ij) to j; j recomputes T_ij = Q_ji + D_ji*x_i and compares
 *
 * A failed tag hash names its sender. A digest that differs names nobody among three or more banks: whoever told two
 * things, or whoever lies about what it heard. Among two it is the other one.
 *
 * A `Rounds` is used for one conversation; after an error it is dead. Time-outs are the host's: its channel throws.
 *
 * Source: protocol.md, section 3.
 */
import { Reader, Writer } from '../codec/index.js';
import { equalBytes, hash, utf8 } from '../crypto/index.js';
import { assert, CovaultError, deviation, isCode } from '../errors.js';
import { addInto, addScaled, borrowed, bytesOf, decodeVec, giveBack, type Vec } from '../field/index.js';
import { frameBytesMax } from '../limits.js';
import type { Channel } from '../ports.js';
import type { Party, Shares } from '../sharing/index.js';

/** What one bank says in one message. */
export interface Outgoing {
  /** The same to everybody; enters the digest. */
  readonly broadcast?: Uint8Array;
  /** To one bank alone; copied at once. */
  readonly toEach?: (to: number) => Uint8Array;
  /** Opened to everybody. See protocol.md section 3 for what may be. */
  readonly open?: Shares;
  /** Where the keys for what bank `from` opens follow only from what it says in this very message (`own`). */
  readonly openKeys?: (from: number, own: Uint8Array) => Vec;
}

/** What arrived in one message; own parts included, by bank. */
export interface Incoming {
  readonly broadcasts: readonly Uint8Array[];
  /** What each bank said to this one alone; empty at its own place. */
  readonly fromEach: readonly Uint8Array[];
  readonly opened: Vec;
}

interface Heard {
  readonly broadcast: Uint8Array;
  readonly own: Uint8Array;
  /** What it opens: the bytes as they came, for the digest, and the elements, borrowed until they are added up. */
  readonly shareBytes: Uint8Array;
  readonly shares: Vec;
}

const nothing = new Uint8Array(0);
const none: Vec = new BigUint64Array(0);
const contextBytes = 32;
const digestBytes = 32;
const tagHashBytes = 32;
/** Context, number, digest, and the lengths of the three parts. */
const headBytes = contextBytes + 2 + digestBytes + 3 * 4;

export class Rounds {
  readonly party: Party;
  readonly #channel: Channel;
  readonly #context: Uint8Array;
  #digest: Uint8Array;
  #step = 0;
  #alive = true;
  /** Messages so far, and bytes this bank sent to all others together. */
  readonly traffic = { messages: 0, bytesSent: 0 };

  /**
   * @param context what binds every message: session, height, attempt; or session and the name of a preprocessing step.
   */
  constructor(party: Party, channel: Channel, context: Uint8Array) {
    assert(channel.self === party.self && channel.count === party.count, 'the channel of this party');
    this.party = party;
    this.#channel = channel;
    this.#context = hash('covault/rounds', context);
    this.#digest = hash('covault/digest', this.#context);
  }

  /** Digest of everything broadcast so far. */
  get digest(): Uint8Array {
    return this.#digest;
  }

  /** Binds something both sides hold, without sending it: a difference shows as DIGEST_MISMATCH one message later. */
  absorb(label: string, bytes: Uint8Array): void {
    this.#digest = hash('covault/digest/absorb', this.#digest, utf8(label), bytes);
  }

  /**
   * One message to and from every other bank.
   *
   * Throws: DEVIATION (culprit: malformed, or a tag hash that does not match), DIGEST_MISMATCH, and whatever the channel
   * throws (SESSION_ENDED, ATTEMPT_VOID). By then this bank's own message may have left.
   */
  async step(label: string, message: Outgoing): Promise<Incoming> {
    assert(this.#alive, 'a conversation goes on after an error');
    this.#alive = false;
    const { self, count } = this.party;
    const others = Array.from({ length: count }, (_, i) => i).filter(i => i !== self);
    const mine: Heard = {
      broadcast: message.broadcast ?? nothing,
      own: nothing,
      shareBytes: message.open ? bytesOf(message.open.value) : nothing,
      shares: message.open?.value ?? none,
    };
    const number = this.#step++;
    const sending = others.map(to => this.#channel.send(to, this.#frame(number, label, to, mine, message)));
    const heard: Heard[] = [];
    heard[self] = mine;
    await Promise.all([
      ...sending,
      ...others.map(async from => {
        const frame = await this.#channel.receive(from);
        heard[from] = this.#parse(from, () => this.#read(number, label, from, frame, message));
      }),
    ]);
    this.#digest = hash('covault/digest/step', this.#digest, ...heard.flatMap(h => [h.broadcast, h.shareBytes]));
    this.#alive = true;
    this.traffic.messages++;
    const opened = mine.shares.slice();
    for (const from of others) {
      addInto(opened, heard[from].shares);
      giveBack(heard[from].shares);
    }
    return { broadcasts: heard.map(h => h.broadcast), fromEach: heard.map(h => h.own), opened };
  }

  /** Decodes what bank `from` said; what is malformed is a deviation of that bank. */
  parse<T>(from: number, what: string, bytes: Uint8Array, read: (reader: Reader) => T): T {
    return this.#parse(from, () => {
      const reader = new Reader(bytes, what);
      const value = read(reader);
      reader.end();
      return value;
    });
  }

  /** Elements bank `from` said, exactly `length` of them, borrowed: whoever has used them gives them back. */
  parseVec(from: number, what: string, bytes: Uint8Array, length: number): Vec {
    if (bytes.length !== 8 * length) throw deviation(from, `${what}: wrong length`);
    return this.#parse(from, () => decodeVec(bytes, borrowed(length)));
  }

  #parse<T>(from: number, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (isCode(error, 'MALFORMED', 'OVERSIZED')) throw deviation(from, error.message);
      throw error;
    }
  }

  #frame(number: number, label: string, to: number, mine: Heard, message: Outgoing): Uint8Array {
    const own = message.toEach?.(to) ?? nothing;
    const { broadcast, shareBytes } = mine;
    const size = headBytes + broadcast.length + own.length + shareBytes.length + (message.open ? tagHashBytes : 0);
    const w = new Writer(size).fixed(this.#context).u16(number).fixed(this.#digest);
    w.bytes(broadcast).bytes(own).bytes(shareBytes);
    if (message.open) w.fixed(this.#tagHash(number, label, this.party.self, to, message.open.tags[to]));
    const frame = w.done();
    assert(frame.length <= frameBytesMax, 'a message fits a frame');
    this.traffic.bytesSent += frame.length;
    return frame;
  }

  #read(number: number, label: string, from: number, frame: Uint8Array, { open, openKeys }: Outgoing): Heard {
    const r = new Reader(frame, `message ${label}`);
    if (!equalBytes(r.fixed(contextBytes), this.#context)) throw deviation(from, `${label}: another conversation`);
    if (r.u16() !== number) throw deviation(from, `${label}: message out of turn`);
    if (!equalBytes(r.fixed(digestBytes), this.#digest)) throw this.#digestMismatch(from, label);
    // views: the frame is this bank's alone
    const [broadcast, own, shareBytes] = [r.view(frameBytesMax), r.view(frameBytesMax), r.view(frameBytesMax)];
    const length = open?.length ?? 0;
    if (shareBytes.length !== 8 * length) throw deviation(from, `${label}: opening of another length`);
    const shares = decodeVec(shareBytes, borrowed(length));
    if (open) {
      const keys = openKeys ? openKeys(from, own) : open.keys[from];
      this.#verify(number, label, from, keys, shares, r.fixed(tagHashBytes));
    }
    r.end();
    return { broadcast, own, shareBytes, shares };
  }

  /** T_ij = Q_ji + D_ji*x_i, compared under a hash, in constant time. */
  #verify(number: number, label: string, from: number, keys: Vec, shares: Vec, tagHash: Uint8Array): void {
    const tags = addScaled(keys, shares, this.party.deltas[from], borrowed(shares.length));
    const expected = this.#tagHash(number, label, from, this.party.self, tags);
    giveBack(tags);
    if (!equalBytes(expected, tagHash)) throw deviation(from, `${label}: an opened share does not fit its tag`);
  }

  #tagHash(number: number, label: string, sender: number, receiver: number, tags: Vec): Uint8Array {
    const head = new Writer(64).fixed(this.#context).u16(number).text(label).u8(sender).u8(receiver).u32(tags.length);
    return hash('covault/opening', head.done(), bytesOf(tags));
  }

  #digestMismatch(from: number, label: string): CovaultError {
    const culprit = this.party.count === 2 ? from : undefined;
    return new CovaultError('DIGEST_MISMATCH', `${label}: the banks were not told the same`, { label, from }, culprit);
  }
}
