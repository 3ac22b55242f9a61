/**
 * One bank's end of its link with another: three uses, one connection at a time under them, any number one after another.
 * No I/O; time through `Clock`.
 *
 *                 all three hellos                    the connection is gone
 *        down ──────────────────────▶ up ◀────────────────────────────────▶ resuming
 *          ▲     events.up             │   hellos that name the same link       │
 *          └───────────────────────────┴────────────────────────────────────────┘
 *            events.down, once: not resumed within lossMs; the peer has a new epoch, or forgot the link, or said bye;
 *            it talked nonsense
 *
 * A link is named by its tag, the two nonces of the hellos that began it, in byte order. On every connection both banks
 * say which link they can go on with. If both name the same one it goes on: each sender starts at the receiver's `next`,
 * and nobody above notices. Otherwise both throw away what they have, and a new link begins on that same connection. Both
 * decide from the same two hellos, so they decide the same.
 *
 * A peer's process is one epoch; the tag is random, so a link never outlives one of its two processes.
 *
 * Back-pressure is `flow.ts`; a stream's reading side is never stopped for a slow handler, so that beats and acks pass.
 * Silence counts from what was heard on any stream. A tick that comes late says that this process was busy, not that the
 * peer was silent, and gives it the time again.
 *
 * Not here: making connections and choosing between two (`host.ts`).
 */
import { compare } from 'uint8arrays/compare';
import { concat } from 'uint8arrays/concat';
import { equals } from 'uint8arrays/equals';
import { CovaultError } from '../../src/errors.js';
import { frameBytesMax, linkQueueBytes, linkWindowBytes } from '../../src/limits.js';
import type { Clock, Log, Randomness } from '../../src/ports.js';
import { encodeMessage, type Hello, type Message, type Use, uses } from './framing.js';
import { Carrier, type Flows, Session, type Wire } from './link-parts.js';

export type LinkState = 'up' | 'resuming' | 'down';

export interface LinkEvents {
  /** `version`: of the peer's software, as it says. */
  up(epoch: Uint8Array, version: string): void;
  down(why: string): void;
  frame(use: Use, frame: Uint8Array): void | Promise<void>;
  misbehaved(what: string): void;
  /** After every change of `state`. */
  changed(state: LinkState): void;
}

export interface LinkOptions {
  /** 16 random bytes of this process. */
  readonly epoch: Uint8Array;
  /** Of this bank's software (`Hello`). */
  readonly version: string;
  readonly lossMs: number;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly log: Log;
}

const none = new Uint8Array(32);
/** An ack that is worth no message of its own yet waits this long for more to say. */
const ackDelayMs = 20;
/** What is worth one at once: a sender must never stand still for want of an ack. */
const ackBytes = linkWindowBytes / 4;

export class PeerLink {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  #session: Session | undefined;
  #carrier: Carrier | undefined;
  #ended = false;
  #noted: LinkState = 'down';
  #stopLoss: (() => void) | undefined;
  #stopAck: (() => void) | undefined;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
  }

  get state(): LinkState {
    if (!this.#session?.up) return 'down';
    return this.#carrier?.complete ? 'up' : 'resuming';
  }

  /** The connection under it, greeted or not. */
  get wire(): Wire | undefined {
    return this.#carrier?.wire;
  }

  /**
   * Resolves when the queue has room. Throws OVERSIZED (nothing was sent) and SESSION_ENDED: the link is down, or went
   * down while the frame waited, and whether it arrived is not known.
   */
  send(use: Use, frame: Uint8Array): Promise<void> {
    const sent = this.#enqueue(use, frame);
    // Whoever does not look at the promise learns of the end by events.down.
    sent.catch(() => {});
    return sent;
  }

  async #enqueue(use: Use, frame: Uint8Array): Promise<void> {
    if (frame.length > frameBytesMax) {
      throw new CovaultError('OVERSIZED', 'oversized frame', { count: frame.length, bytesMax: frameBytesMax });
    }
    const session = this.#session;
    if (!session?.up) throw sessionEnded('the link is down');
    const flows = session.flows[use];
    flows.out.push(frame);
    this.#pump(use);
    if (flows.out.queued <= linkQueueBytes) return;
    await new Promise<void>((resolve, reject) => flows.waiting.push({ resolve, reject }));
  }

  /** A new connection; one that is there already is given up for it. */
  attach(wire: Wire): void {
    if (this.#ended) {
      wire.close('the link has ended', false);
      return;
    }
    if (this.#carrier) this.#close('replaced by another connection');
    const nonce = this.#options.random.bytes(16);
    const { epoch, version, clock } = this.#options;
    const carrier = new Carrier(wire, nonce, this.#session?.tag ?? none, clock.now());
    this.#carrier = carrier;
    for (const use of uses) {
      const next = this.#session?.flows[use].in.next ?? 0;
      this.#say(use, { kind: 'hello', epoch, nonce, resumes: carrier.resumes, next, version });
    }
    this.#tick(carrier);
  }

  /** A message came in. */
  receive(wire: Wire, use: Use, message: Message): void {
    const carrier = this.#carrier;
    if (carrier?.wire !== wire) return;
    carrier.heard = this.#options.clock.now();
    try {
      this.#take(carrier, use, message);
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error;
      this.nonsense(wire, error.message);
    }
  }

  /** The wire takes more for this use. */
  writable(wire: Wire, use: Use): void {
    if (this.#carrier?.wire === wire) this.#pump(use);
  }

  /** The wire is gone. */
  lost(wire: Wire, why: string): void {
    if (this.#carrier?.wire === wire) this.#close(why);
  }

  /** What came on the wire is nothing a bank sends. */
  nonsense(wire: Wire, what: string): void {
    if (this.#carrier?.wire !== wire) return;
    this.#close(`misbehaved: ${what}`);
    this.#events.misbehaved(what);
    this.#drop(`misbehaved: ${what}`);
  }

  /** For good. The peer is told. */
  end(why: string): void {
    this.#ended = true;
    // On every stream: they close one after another, and the first to close is the end of the connection.
    for (const use of uses) this.#say(use, { kind: 'bye' });
    this.#close(why, true);
    this.#drop(why);
  }

  /** The peer must be heard within `ms`, or the connection is taken for dead. */
  doubt(ms: number): void {
    const { clock, lossMs } = this.#options;
    if (this.#carrier) this.#carrier.heard = Math.min(this.#carrier.heard, clock.now() - lossMs + ms);
  }

  #take(carrier: Carrier, use: Use, message: Message): void {
    if (message.kind === 'hello') {
      this.#greet(carrier, use, message);
      return;
    }
    const session = this.#session;
    if (!session || !carrier.greeted.has(use)) throw malformed('it speaks before its hello');
    const flows = session.flows[use];
    switch (message.kind) {
      case 'piece':
        flows.in.accept(message);
        this.#acknowledge(use, flows);
        void this.#deliver(session, use);
        break;
      case 'ack':
        flows.out.acknowledge(message.next, message.credit);
        this.#pump(use);
        this.#admit(flows);
        break;
      case 'bye':
        this.#close('the peer ended the link');
        this.#drop('the peer ended the link');
    }
  }

  #greet(carrier: Carrier, use: Use, hello: Hello): void {
    if (carrier.greeted.has(use)) throw malformed('it says hello twice');
    const [first] = carrier.greeted.values();
    if (first === undefined) this.#decide(carrier, hello);
    else if (!sameHello(first, hello)) throw malformed('its hellos differ');
    // What `down` was told above may have ended this.
    const session = this.#session;
    if (this.#carrier !== carrier || !session) return;
    carrier.greeted.set(use, hello);
    const flows = session.flows[use];
    if (equals(hello.resumes, session.tag)) flows.out.resume(hello.next);
    this.#tell(use, flows);
    this.#pump(use);
    this.#admit(flows);
    if (carrier.complete) this.#complete(session);
  }

  /** Go on, or begin anew: the peer decides the same from the same two hellos. */
  #decide(carrier: Carrier, hello: Hello): void {
    const session = this.#session;
    if (session && equals(hello.resumes, session.tag) && equals(hello.resumes, carrier.resumes)) {
      const isSame = equals(hello.epoch, session.epoch) && hello.version === session.version;
      if (!isSame) throw malformed('another process resumes the link');
      return;
    }
    const isNew = session && !equals(hello.epoch, session.epoch);
    this.#drop(isNew ? 'the peer is a new process' : 'the peer has forgotten the link');
    this.#session = new Session(tagOf(carrier.nonce, hello.nonce), hello);
  }

  #complete(session: Session): void {
    this.#stopLoss?.();
    this.#stopLoss = undefined;
    if (!session.up) {
      session.up = true;
      this.#events.up(session.epoch, session.version);
    }
    this.#note();
    for (const use of uses) void this.#deliver(session, use);
  }

  #note(): void {
    const state = this.state;
    if (state === this.#noted) return;
    this.#noted = state;
    this.#events.changed(state);
  }

  /** Frames to their handler, one after another, while the link lasts: also while it is being resumed. */
  async #deliver(session: Session, use: Use): Promise<void> {
    const flows = session.flows[use];
    if (flows.delivering) return;
    flows.delivering = true;
    while (session === this.#session && session.up) {
      const arrived = flows.in.take();
      if (arrived === undefined) break;
      try {
        const handling = this.#events.frame(use, arrived.frame);
        if (handling) await handling;
      } catch (error) {
        this.#options.log.warn('frame-handler-failed', { use, error: String(error) });
      }
      flows.in.release(arrived);
      if (session === this.#session) this.#acknowledge(use, flows);
    }
    flows.delivering = false;
  }

  #pump(use: Use): void {
    const carrier = this.#carrier;
    const out = this.#session?.flows[use].out;
    if (!carrier?.greeted.has(use) || !out) return;
    while (this.#carrier === carrier && carrier.wire.ready(use)) {
      const message = out.take();
      if (message === undefined) return;
      carrier.wire.send(use, message);
    }
  }

  #admit(flows: Flows): void {
    if (flows.out.queued > linkQueueBytes) return;
    for (const waiting of flows.waiting.splice(0)) waiting.resolve();
  }

  #acknowledge(use: Use, flows: Flows): void {
    const { next, credit } = flows.in;
    if (next === flows.told.next && credit === flows.told.credit) return;
    if (credit - flows.told.credit >= ackBytes) this.#tell(use, flows);
    else this.#tellLater();
  }

  #tellLater(): void {
    this.#stopAck ??= this.#options.clock.after(ackDelayMs, () => {
      this.#stopAck = undefined;
      for (const each of uses) {
        const of = this.#session?.flows[each];
        if (of && (of.in.next !== of.told.next || of.in.credit !== of.told.credit)) this.#tell(each, of);
      }
    });
  }

  #tell(use: Use, flows: Flows): void {
    if (!this.#carrier?.greeted.has(use)) return;
    const { next, credit } = flows.in;
    flows.told = { next, credit };
    this.#say(use, { kind: 'ack', next, credit });
  }

  #say(use: Use, message: Message): void {
    this.#carrier?.wire.send(use, encodeMessage(message));
  }

  #tick(carrier: Carrier): void {
    const { clock, lossMs } = this.#options;
    const everyMs = lossMs / 5;
    const due = clock.now() + everyMs;
    carrier.stopTicking = clock.after(everyMs, () => {
      const now = clock.now();
      if (now - due > everyMs) carrier.heard = now;
      const isMute = !carrier.complete && now - carrier.since >= lossMs;
      if (now - carrier.heard >= lossMs || isMute) {
        this.#close(isMute ? 'the peer says no hello' : 'the peer is silent');
        return;
      }
      this.#say('agreement', { kind: 'beat' });
      // A wire that forgot to say that it is writable costs one tick, not the link.
      for (const use of uses) this.#pump(use);
      if (this.#carrier === carrier) this.#tick(carrier);
    });
  }

  /** Gives the connection up. The link waits for another, if it was up. */
  #close(why: string, gently = false): void {
    const carrier = this.#carrier;
    if (!carrier) return;
    this.#carrier = undefined;
    carrier.stopTicking();
    carrier.wire.close(why, gently);
    if (!this.#session?.up) {
      this.#session = undefined;
      return;
    }
    const { clock, lossMs, log } = this.#options;
    log.info('connection-lost', { why });
    this.#stopLoss ??= clock.after(lossMs, () => {
      this.#stopLoss = undefined;
      this.#close('not resumed in time');
      this.#drop('not resumed in time');
    });
    this.#note();
  }

  /** Throws the link's state away. */
  #drop(why: string): void {
    this.#stopLoss?.();
    this.#stopLoss = undefined;
    this.#stopAck?.();
    this.#stopAck = undefined;
    const session = this.#session;
    if (!session) return;
    this.#session = undefined;
    for (const use of uses) {
      for (const waiting of session.flows[use].waiting.splice(0)) waiting.reject(sessionEnded(why));
    }
    if (session.up) this.#events.down(why);
    this.#note();
  }
}

function tagOf(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compare(a, b) < 0 ? concat([a, b]) : concat([b, a]);
}

function sameHello(a: Hello, b: Hello): boolean {
  const isOfOne = equals(a.epoch, b.epoch) && equals(a.nonce, b.nonce) && equals(a.resumes, b.resumes);
  return isOfOne && a.version === b.version;
}

function malformed(what: string): CovaultError {
  return new CovaultError('MALFORMED', what);
}

function sessionEnded(why: string): CovaultError {
  return new CovaultError('SESSION_ENDED', `the session is over: ${why}`, { why });
}
