/**
 * Another bank, seen from this one: its link, the connection that carries it, and the attempts to get one.
 *
 * Whoever dialled a connection opens its three streams; the other side waits for them. Two banks that dial each other at
 * once must keep the same one of two connections:
 *
 *     preferred      dialled by the bank with the lower peer id: taken by both, whatever is there
 *     otherwise      by the lower bank: refused while it has a preferred one under way or alive, which then has to show
 *                    soon that it is alive; taken in place of an older one of this kind
 *                    by the higher bank: not begun if it has any
 *
 * The higher bank gives the lower a moment before it dials; if the lower does not know where to, it dials all the same.
 */
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { CovaultError } from '../../src/errors.js';
import type { Clock, Log } from '../../src/ports.js';
import type { AddressBook } from './address-book.js';
import { addressOf } from './discovery.js';
import { type Use, uses } from './framing.js';
import type { Roster } from './gate.js';
import { type LinkEvents, type LinkOptions, type LinkState, PeerLink } from './link.js';
import { Retry } from './retry.js';
import { dropConnection, noTraffic, StreamWire } from './wire.js';

export interface PeerOptions extends LinkOptions {
  readonly index: number;
  readonly libp2p: Libp2p;
  readonly roster: Roster;
  readonly book: AddressBook;
  readonly protocolOf: (use: Use) => string;
  readonly events: Omit<LinkEvents, 'changed'>;
  /** A link is there, for the first time or again. */
  readonly linked: () => void;
}

/** Dials of several addresses at a time, one after another. */
const addressesPerAttempt = 4;
/** Connections of one bank that wait for their streams. */
const arrivingMax = 4;
/** A peer that talked nonsense is left alone as if so many dials had failed. */
const penalty = 4;

export class Peer {
  readonly index: number;
  readonly name: string;
  readonly link: PeerLink;
  readonly traffic = noTraffic();
  /** Wall clock, ms, of the last change of the link's state. */
  since = Date.now();
  readonly #o: PeerOptions;
  readonly #retry: Retry;
  readonly #clock: Clock;
  readonly #log: Log;
  #wire: StreamWire | undefined;
  /** Of the connections the peer dialled, those that have not all their streams yet. */
  readonly #arriving = new Map<Connection, Partial<Record<Use, Stream>>>();
  /** The connection this bank dialled and opens streams on. */
  #opening: Connection | undefined;
  #refuseUntil = Number.NEGATIVE_INFINITY;

  constructor(options: PeerOptions) {
    const { index, roster, clock, log, events } = options;
    this.#o = options;
    this.#clock = clock;
    this.#log = log;
    this.index = index;
    this.name = roster.names[index];
    this.link = new PeerLink(options, {
      ...events,
      changed: state => this.#changed(state),
      misbehaved: what => this.misbehaved(what),
    });
    this.#retry = new Retry({
      clock,
      log,
      what: this.name,
      graceMs: roster.dialsFirst(index) ? 0 : options.lossMs / 10,
      wanted: () => this.#live === undefined && this.#opening === undefined && options.book.of(index).length > 0,
      attempt: count => this.#dial(count),
    });
  }

  /** The connection in use, unless it is being given up. */
  get #live(): StreamWire | undefined {
    return this.#wire?.closed ? undefined : this.#wire;
  }

  get addresses(): string[] {
    return this.#o.book.of(this.index);
  }

  /** There is a reason to try now: an address was learned. */
  seek(): void {
    this.#retry.soon();
  }

  misbehaved(what: string): void {
    this.#log.warn('bank-misbehaved', { bank: this.name, what });
    this.#retry.penalise(penalty);
    this.#refuseUntil = this.#clock.now() + this.#o.lossMs / 5;
    this.#o.events.misbehaved(what);
  }

  /** A connection is there, whoever dialled it. */
  connected(connection: Connection): void {
    if (connection.direction === 'outbound') void this.#open(connection);
    else this.#await(connection);
  }

  disconnected(connection: Connection): void {
    this.#arriving.delete(connection);
    if (this.#opening === connection) this.#opening = undefined;
    if (this.#wire?.connection === connection) {
      const wire = this.#wire;
      this.#wire = undefined;
      // What came before the end is still being read, and may say why; its reader says when it is through.
      setImmediate(() => this.link.lost(wire, 'the connection closed'));
    }
    this.#retry.again();
  }

  /** The peer opened a stream for a use. */
  arrived(connection: Connection, use: Use, stream: Stream): void {
    const streams = this.#arriving.get(connection);
    if (streams === undefined || streams[use]) {
      dropConnection(connection, 'a stream that nobody waits for');
      return;
    }
    streams[use] = stream;
    const { envelopes, agreement, preprocessing } = streams;
    if (!envelopes || !agreement || !preprocessing) return;
    this.#arriving.delete(connection);
    if (this.#refuses(connection)) dropConnection(connection, 'another connection is preferred');
    else this.#take(new StreamWire(connection, { envelopes, agreement, preprocessing }, this.traffic));
  }

  /** The peer is told, if that goes quickly. */
  async stop(why: string): Promise<void> {
    this.#retry.stop();
    const wire = this.#wire;
    this.link.end(why);
    await wire?.flushed;
  }

  async #dial(count: number): Promise<void> {
    const { libp2p, roster, book, index, lossMs } = this.#o;
    const all = book.of(index);
    const first = (count * addressesPerAttempt) % Math.max(all.length, 1);
    const some = [...all.slice(first), ...all.slice(0, first)].slice(0, addressesPerAttempt);
    const id = roster.ids[index].toString();
    await libp2p.dial(
      some.map(address => multiaddr(`${address}/p2p/${id}`)),
      { signal: AbortSignal.timeout(Math.max(lossMs, 1_000)) },
    );
  }

  /** This bank dialled: it opens the streams, if it still has no other connection. */
  async #open(connection: Connection): Promise<void> {
    this.#o.book.met(this.index, addressOf(connection.remoteAddr));
    if (this.#live || this.#opening || this.#isRefusing()) return dropConnection(connection, 'not needed any more');
    this.#opening = connection;
    try {
      const signal = AbortSignal.timeout(Math.max(this.#o.lossMs, 1_000));
      const open = (use: Use) => connection.newStream(this.#o.protocolOf(use), { signal });
      const [envelopes, agreement, preprocessing] = await Promise.all(uses.map(open));
      if (this.#opening !== connection) throw new CovaultError('UNREACHABLE', 'another connection was taken');
      this.#opening = undefined;
      this.#take(new StreamWire(connection, { envelopes, agreement, preprocessing }, this.traffic));
    } catch (error) {
      if (this.#opening === connection) this.#opening = undefined;
      this.#log.info('streams-not-opened', { bank: this.name, why: String(error) });
      dropConnection(connection, String(error));
      this.#retry.again();
    }
  }

  /** The peer dialled: it opens the streams, soon. */
  #await(connection: Connection): void {
    const [oldest] = this.#arriving.keys();
    if (oldest && this.#arriving.size >= arrivingMax) dropConnection(oldest, 'too many connections');
    this.#arriving.set(connection, {});
    this.#clock.after(Math.max(this.#o.lossMs, 1_000), () => {
      if (this.#arriving.delete(connection)) dropConnection(connection, 'no streams came');
    });
  }

  /** Of a connection the peer dialled. */
  #refuses(connection: Connection): boolean {
    if (this.#isRefusing()) return true;
    const isPreferred = !this.#o.roster.dialsFirst(this.index);
    if (isPreferred) return false;
    if (this.#live?.connection.direction !== 'outbound') return this.#opening !== undefined;
    this.#log.info('connection-doubted', { bank: this.name, for: addressOf(connection.remoteAddr) });
    this.link.doubt(this.#o.lossMs / 2);
    return true;
  }

  #isRefusing(): boolean {
    return this.#clock.now() < this.#refuseUntil;
  }

  #take(wire: StreamWire): void {
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening) dropConnection(opening, 'another connection was taken');
    this.#wire = wire;
    wire.join(this.link, error => this.#log.info('connection-failed', { bank: this.name, why: String(error) }));
  }

  #changed(state: LinkState): void {
    this.since = Date.now();
    this.#log.info('link', { bank: this.name, state });
    if (state !== 'up') return;
    this.#retry.succeeded();
    this.#o.linked();
  }
}
