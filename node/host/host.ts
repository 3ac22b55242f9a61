/**
 * The libp2p node of one bank: TCP, noise, yamux or mplex, and a link with every other bank of the network file.
 *
 *     startHost ── listens ── discovery finds banks ── Peer dials or is dialled ── PeerLink: up, resuming, down
 *
 * What is set otherwise than libp2p's defaults, and why:
 *   connectionMonitor     off: it aborts connections of a process that computes for 20 s; links have their own beats
 *   inbound threshold     of one address 5 a second: all banks of a demonstration share one
 *   yamux window          2 MiB: its own 16 MiB are more than the 4 MiB that a stream may buffer
 *   mplex new streams     5 a second close the connection: three uses and a few address lists come at once
 *
 * No peer store, identify, ping or DHT of libp2p takes part. The bank's Ed25519 identity is its libp2p key.
 */
import './polyfill.js';

import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { Libp2p, PeerInfo, PrivateKey } from '@libp2p/interface';
import { mplex } from '@libp2p/mplex';
import { tcp } from '@libp2p/tcp';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { equals } from 'uint8arrays/equals';
import { systemRandom, toHex } from '../../src/crypto/index.js';
import { assert, CovaultError } from '../../src/errors.js';
import { linkLossMs, linkWindowBytes } from '../../src/limits.js';
import type { Network } from '../../src/network/index.js';
import type { Log } from '../../src/ports.js';
import { AddressBook } from './address-book.js';
import { systemClock } from './clock.js';
import { addressOf, Discovery, lanService } from './discovery.js';
import { type Use, uses } from './framing.js';
import { Roster, rosterGate } from './gate.js';
import type { LinkState } from './link.js';
import { noiseCrypto } from './noise-crypto.js';
import { Peer } from './peer.js';
import { dropConnection } from './wire.js';

export interface HostOptions {
  readonly network: Network;
  /** Roster index of this bank. */
  readonly self: number;
  /** Ed25519 seed, 32 bytes. */
  readonly identitySeed: Uint8Array;
  /** Addresses to listen at, as multiaddrs: /ip4/0.0.0.0/tcp/4001. */
  readonly listen: readonly string[];
  /** Addresses of any of the others, as multiaddrs, with a peer id or without. */
  readonly known: readonly string[];
  readonly mdns: boolean;
  readonly linkLossMs?: number;
  /** What others are told to dial, where that is not what this bank listens at. */
  readonly announce?: readonly string[];
  /** Offered in this order; all by default. */
  readonly muxers?: readonly ('yamux' | 'mplex')[];
  /** Of this software: told to the other banks (`Hello`). */
  readonly version: string;
  readonly log: Log;
}

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly state: LinkState;
  /** Wall clock, ms. */
  readonly since: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly bytesOutBy: Readonly<Record<Use, number>>;
  readonly addresses: readonly string[];
}

export interface Host {
  readonly peerId: string;
  /** Where this bank can be dialled, with its peer id. */
  readonly addresses: readonly string[];
  /** Of all other banks. */
  links(): readonly Link[];
  /**
   * Resolves when the queue to that bank has room. While a link is being resumed frames are kept.
   * Throws OVERSIZED, and SESSION_ENDED when the link is down or goes down before there is room.
   */
  send(to: number, use: Use, frame: Uint8Array): Promise<void>;
  stop(): Promise<void>;
}

export interface HostHandlers {
  /** `epoch`: 16 bytes, of the peer's process; `version`: of its software, as it says. */
  linkUp(index: number, epoch: Uint8Array, version: string): void;
  /** Once for every linkUp. */
  linkDown(index: number, why: string): void;
  /** Of a link that is up, in order. While its promise is open no further frame of that bank and use comes. */
  frame(from: number, use: Use, frame: Uint8Array): void | Promise<void>;
  misbehaved(index: number, what: string): void;
}

/**
 * Starts the node; links come up by themselves. Throws BAD_CONFIG (an address that is none; a seed that is not this
 * bank's), PORT_IN_USE.
 */
export async function startHost(options: HostOptions, handlers: HostHandlers): Promise<Host> {
  const host = await BankHost.create(options, handlers);
  await host.start();
  return host;
}

interface Listeners {
  readonly transportManager: { getAddrs(): Multiaddr[] };
}

class BankHost implements Host {
  readonly #options: HostOptions;
  readonly #roster: Roster;
  readonly #libp2p: Libp2p;
  readonly #listeners: () => Listeners;
  readonly #book: AddressBook;
  readonly #discovery: Discovery;
  readonly #peers: ReadonlyMap<number, Peer>;
  readonly #protocol: string;
  #stopping: Promise<void> | undefined;

  static async create(options: HostOptions, handlers: HostHandlers): Promise<BankHost> {
    const key = await generateKeyPairFromSeed('Ed25519', options.identitySeed);
    if (!equals(key.publicKey.raw, options.network.banks[options.self].identityKey)) {
      throw new CovaultError('BAD_CONFIG', 'the identity key is not that of this bank in the network file');
    }
    const roster = new Roster(options.network, options.self);
    let listeners: Listeners | undefined;
    let discovery: Discovery | undefined;
    const libp2p = await createNode(options, key, roster, {
      components: components => {
        listeners = components;
      },
      found: peer => discovery?.found(peer),
    });
    const host = new BankHost(options, handlers, roster, libp2p, () => {
      assert(listeners !== undefined, 'libp2p makes its services');
      return listeners;
    });
    discovery = host.#discovery;
    return host;
  }

  private constructor(
    options: HostOptions,
    handlers: HostHandlers,
    roster: Roster,
    libp2p: Libp2p,
    listeners: () => Listeners,
  ) {
    const { network, self, log } = options;
    this.#options = options;
    this.#roster = roster;
    this.#libp2p = libp2p;
    this.#listeners = listeners;
    this.#protocol = `/covault/${toHex(network.id.subarray(0, 8))}`;
    this.#book = new AddressBook(network, self, options.identitySeed);
    this.#peers = this.#makePeers(handlers);
    this.#discovery = new Discovery({
      libp2p,
      roster,
      log,
      book: this.#book,
      clock: systemClock,
      protocol: `${this.#protocol}/addresses/1`,
      known: this.#readKnown(),
      learned: index => this.#peers.get(index)?.seek(),
      misbehaved: (index, what) => this.#peers.get(index)?.misbehaved(what),
    });
  }

  #makePeers(handlers: HostHandlers): ReadonlyMap<number, Peer> {
    const { log } = this.#options;
    /** What the bank's own code throws is its mistake, and must not end a connection. */
    const guarded = (what: string, call: () => void) => {
      try {
        call();
      } catch (error) {
        log.warn('handler-failed', { handler: what, error: String(error) });
      }
    };
    const common = {
      epoch: systemRandom.bytes(16),
      version: this.#options.version,
      lossMs: this.#options.linkLossMs ?? linkLossMs,
      clock: systemClock,
      random: systemRandom,
      log,
      libp2p: this.#libp2p,
      roster: this.#roster,
      book: this.#book,
      protocolOf: (use: Use) => this.#protocolOf(use),
    };
    const others = [...this.#roster.ids.keys()].filter(index => index !== this.#roster.self);
    return new Map(
      others.map(index => {
        const peer = new Peer({
          ...common,
          index,
          events: {
            up: (epoch, version) => guarded('linkUp', () => handlers.linkUp(index, epoch, version)),
            down: why => guarded('linkDown', () => handlers.linkDown(index, why)),
            frame: (use, frame) => handlers.frame(index, use, frame),
            misbehaved: what => guarded('misbehaved', () => handlers.misbehaved(index, what)),
          },
          linked: () => this.#introduce(index),
        });
        return [index, peer];
      }),
    );
  }

  async start(): Promise<void> {
    const libp2p = this.#libp2p;
    for (const use of uses) {
      await libp2p.handle(
        this.#protocolOf(use),
        (stream, connection) => {
          const peer = this.#peerOf(connection.remotePeer);
          if (peer === undefined) return dropConnection(connection, 'not a bank of the roster');
          peer.arrived(connection, use, stream);
        },
        { maxInboundStreams: 1, maxOutboundStreams: 1 },
      );
    }
    libp2p.addEventListener('connection:open', ({ detail }) => {
      const peer = this.#stopping ? undefined : this.#peerOf(detail.remotePeer);
      if (peer) peer.connected(detail);
      else dropConnection(detail, 'not wanted');
    });
    libp2p.addEventListener('connection:close', ({ detail }) => this.#peerOf(detail.remotePeer)?.disconnected(detail));
    try {
      await libp2p.start();
    } catch (error) {
      await Promise.resolve(libp2p.stop()).catch(() => {});
      throw listenError(error, this.#options.listen);
    }
    this.#book.setOwn(this.#announced(), Date.now());
    await this.#discovery.start();
    for (const peer of this.#peers.values()) peer.seek();
  }

  get peerId(): string {
    return this.#libp2p.peerId.toString();
  }

  get addresses(): string[] {
    return this.#announced().map(address => `${address}/p2p/${this.peerId}`);
  }

  links(): Link[] {
    return [...this.#peers.values()].map(({ index, name, link, since, traffic, addresses }) => {
      return { index, name, state: link.state, since, ...traffic, addresses };
    });
  }

  send(to: number, use: Use, frame: Uint8Array): Promise<void> {
    const peer = this.#peers.get(to);
    assert(peer !== undefined, 'another bank of the roster');
    return peer.link.send(use, frame);
  }

  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      this.#discovery.stop();
      await Promise.all([...this.#peers.values()].map(peer => peer.stop('this bank stops')));
      await this.#libp2p.stop();
    })();
    return this.#stopping;
  }

  #protocolOf(use: Use): string {
    return `${this.#protocol}/${use}/2`;
  }

  #peerOf(id: Parameters<Roster['indexOf']>[0]): Peer | undefined {
    const index = this.#roster.indexOf(id);
    return index === undefined ? undefined : this.#peers.get(index);
  }

  /** A new link: what each knows of where banks are, the other should know too. */
  #introduce(index: number): void {
    if (this.#book.setOwn(this.#announced(), Date.now()))
      for (const other of this.#peers.keys()) this.#discovery.tell(other);
    else this.#discovery.tell(index);
  }

  /** Those that say who is there need no asking; the others are returned. */
  #readKnown(): Multiaddr[] {
    return this.#options.known.flatMap(text => {
      const address = parseAddress(text, 'known');
      const id = /\/p2p\/([^/]+)$/.exec(text)?.[1];
      if (id === undefined) return address;
      const index = this.#roster.ids.findIndex(each => each.toString() === id);
      if (index < 0) {
        throw new CovaultError('BAD_CONFIG', `known: "${text}" is not a bank of the network file`, { address: text });
      }
      if (index !== this.#roster.self) this.#book.hint(index, addressOf(address));
      return [];
    });
  }

  /** Loopback last: on another machine it is that machine. */
  #announced(): string[] {
    if (this.#options.announce?.length) return this.#options.announce.map(text => addressOf(multiaddr(text)));
    const all = this.#listeners().transportManager.getAddrs().map(addressOf);
    const isLoopback = (address: string) => /^\/(ip4\/127\.|ip6\/::1\/)/.test(address);
    return [...all.filter(address => !isLoopback(address)), ...all.filter(isLoopback)];
  }
}

interface NodeHooks {
  components(components: Listeners): void;
  found(peer: PeerInfo): void;
}

async function createNode(options: HostOptions, privateKey: PrivateKey, roster: Roster, hooks: NodeHooks) {
  const { network, log, listen, muxers = ['yamux', 'mplex'] } = options;
  for (const text of [...listen, ...(options.announce ?? [])]) parseAddress(text, 'listen or announce');
  const offered = {
    yamux: yamux({ streamOptions: { maxStreamWindowSize: linkWindowBytes } }),
    mplex: mplex({ disconnectThreshold: 50 }),
  };
  return createLibp2p({
    start: false,
    privateKey,
    nodeInfo: { name: 'covault', version: '1', userAgent: 'covault' },
    addresses: { listen: [...listen] },
    transports: [tcp()],
    connectionEncrypters: [noise({ crypto: noiseCrypto })],
    streamMuxers: muxers.map(name => offered[name]),
    connectionGater: rosterGate(roster, systemClock, log),
    connectionMonitor: { enabled: false },
    connectionManager: {
      inboundConnectionThreshold: 100,
      maxIncomingPendingConnections: 64,
      inboundUpgradeTimeout: 5_000,
      addressDialTimeout: 2_000,
      addressSorter: () => 0,
      reconnectRetries: 0,
    },
    services: {
      inside: (components: Listeners) => {
        hooks.components(components);
        return {};
      },
      ...(options.mdns ? { lan: lanService(network.id, hooks.found) } : {}),
    },
  });
}

function parseAddress(text: string, field: string): Multiaddr {
  try {
    return multiaddr(text);
  } catch {
    throw new CovaultError('BAD_CONFIG', `${field}: "${text}" is not a multiaddr`, { field, address: text });
  }
}

/** libp2p tells what failed in prose. */
function listenError(error: unknown, listen: readonly string[]): unknown {
  const text = error instanceof Error ? error.message : String(error);
  const address = listen.find(each => text.includes(each)) ?? listen.join(', ');
  if (text.includes('EADDRINUSE')) {
    return new CovaultError('PORT_IN_USE', `the address ${address} is in use by another process`, { address });
  }
  if (/EACCES|EADDRNOTAVAIL|ENOTFOUND|UnsupportedListenAddress|not supported/i.test(text)) {
    return new CovaultError('BAD_CONFIG', `cannot listen at ${address}`, { address });
  }
  return error;
}
