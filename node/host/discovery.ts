/**
 * How a bank finds the others: one known address, or mDNS on a LAN, and from there on what banks tell each other.
 *
 *     on a new link, and on every news      bank -> bank    list of address records (`address-book.ts`), on a stream of its own
 *
 * Every bank passes on what is news to it, so that news reaches all within as many steps as links are needed.
 *
 * A known address without a peer id is dialled until it is known who is there; what answers is a bank of the roster or
 * the gate refuses it.
 */
import type { Connection, Libp2p, PeerDiscovery, PeerInfo, Stream } from '@libp2p/interface';
import { type MulticastDNSComponents, mdns } from '@libp2p/mdns';
import type { Multiaddr } from '@multiformats/multiaddr';
import { pipe } from 'it-pipe';
import { decodeAll, Writer } from '../../src/codec/index.js';
import { toHex } from '../../src/crypto/index.js';
import { banksMax } from '../../src/limits.js';
import type { Clock, Log } from '../../src/ports.js';
import { type AddressBook, isAddress, recordBytesMax } from './address-book.js';
import { unframe, withLength } from './framing.js';
import type { Roster } from './gate.js';
import { readable } from './readable.js';
import { Retry } from './retry.js';
import { dropConnection } from './wire.js';

export interface DiscoveryOptions {
  readonly libp2p: Libp2p;
  readonly roster: Roster;
  readonly book: AddressBook;
  readonly clock: Clock;
  readonly log: Log;
  readonly protocol: string;
  /** Addresses without a peer id. */
  readonly known: readonly Multiaddr[];
  /** There is something new to dial. */
  learned(index: number): void;
  misbehaved(index: number, what: string): void;
}

const exchangeMs = 5_000;
const listBytesMax = 4 + banksMax * (4 + recordBytesMax);

export class Discovery {
  readonly #o: DiscoveryOptions;
  readonly #known: Retry[] = [];
  /** Banks being told; true: again afterwards. */
  readonly #telling = new Map<number, boolean>();

  constructor(options: DiscoveryOptions) {
    this.#o = options;
  }

  async start(): Promise<void> {
    const { libp2p, protocol } = this.#o;
    await libp2p.handle(protocol, (stream, connection) => this.#hear(stream, connection), {
      maxInboundStreams: 4,
      maxOutboundStreams: 4,
    });
    for (const address of this.#o.known) this.#look(address);
  }

  stop(): void {
    for (const retry of this.#known) retry.stop();
  }

  /** mDNS found somebody, or says so. */
  found(peer: PeerInfo): void {
    const index = this.#o.roster.indexOf(peer.id);
    if (index === undefined) return;
    const addresses = peer.multiaddrs.map(addressOf).filter(isAddress);
    if (addresses.map(address => this.#o.book.hint(index, address)).includes(true)) this.#o.learned(index);
  }

  /** Gives a bank all records, now if there is a connection. */
  tell(index: number): void {
    if (this.#telling.has(index)) this.#telling.set(index, true);
    else void this.#tell(index);
  }

  async #tell(index: number): Promise<void> {
    const { libp2p, roster, book, protocol, log } = this.#o;
    do {
      this.#telling.set(index, false);
      const connection = libp2p.getConnections(roster.ids[index]).find(({ status }) => status === 'open');
      if (connection === undefined) break;
      try {
        const signal = AbortSignal.timeout(exchangeMs);
        const stream = await connection.newStream(protocol, { signal });
        stream.send(withLength(new Writer(1024).list(book.records(), (to, record) => to.bytes(record)).done()));
        await stream.close({ signal });
      } catch (error) {
        log.info('addresses-not-told', { bank: roster.names[index], why: String(error) });
      }
    } while (this.#telling.get(index));
    this.#telling.delete(index);
  }

  async #hear(stream: Stream, connection: Connection): Promise<void> {
    const { roster, log } = this.#o;
    const from = roster.indexOf(connection.remotePeer);
    if (from === undefined) return stream.abort(new Error('not a bank of the roster'));
    const timer = setTimeout(() => stream.abort(new Error('too slow')), exchangeMs).unref();
    try {
      await pipe(
        readable(stream),
        source => unframe(source, listBytesMax),
        async bodies => {
          for await (const body of bodies) this.#learn(from, body);
        },
      );
      await stream.close();
    } catch (error) {
      if (error instanceof Error && error.name === 'CovaultError') {
        this.#o.misbehaved(from, error.message);
        dropConnection(connection, error.message);
      } else {
        log.info('addresses-not-heard', { bank: roster.names[from], why: String(error) });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #learn(from: number, body: Uint8Array): void {
    const { roster, book } = this.#o;
    const records = decodeAll(body, 'address list', r => r.list(banksMax, each => each.bytes(recordBytesMax)));
    const news = records.flatMap(record => book.learn(record) ?? []);
    if (news.length === 0) return;
    for (const index of news) if (index !== roster.self) this.#o.learned(index);
    for (const index of roster.ids.keys()) if (index !== roster.self && index !== from) this.tell(index);
    // A record of this bank's own that had to be made anew is news to everybody.
    if (news.includes(roster.self)) this.tell(from);
  }

  /** Dials an address until it is known whose it is: the book has it as soon as a connection there is open. */
  #look(address: Multiaddr): void {
    const { libp2p, roster, book, clock, log } = this.#o;
    const place = addressOf(address);
    const retry = new Retry({
      clock,
      log,
      what: place,
      graceMs: 0,
      wanted: () => ![...roster.ids.keys()].some(index => book.of(index).includes(place)),
      attempt: async () => {
        try {
          await libp2p.dial(address, { signal: AbortSignal.timeout(exchangeMs) });
        } catch (error) {
          // Every bank of a network may be given the same list, and finds itself in it.
          if (error instanceof Error && /dial self/i.test(error.message)) book.hint(roster.self, place);
          else throw error;
        }
      },
    });
    this.#known.push(retry);
    retry.soon();
  }
}

/** Without the peer id. */
export function addressOf(address: Multiaddr): string {
  return address.toString().replace(/\/p2p\/[^/]+$/, '');
}

/**
 * mDNS as a service of a libp2p node, under a name that only banks of one network ask for. Kept from libp2p's own
 * peer store, which remembers whoever claims to be there.
 */
export function lanService(networkId: Uint8Array, found: (peer: PeerInfo) => void) {
  return (components: MulticastDNSComponents) => {
    const serviceTag = `_covault-${toHex(networkId.subarray(0, 8))}._udp.local`;
    const service: PeerDiscovery & { start?(): Promise<void>; stop?(): Promise<void> } = mdns({ serviceTag })(
      components,
    );
    service.addEventListener('peer', event => found(event.detail));
    return {
      start: async () => service.start?.(),
      stop: async () => service.stop?.(),
    };
  };
}
