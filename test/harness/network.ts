/**
 * n whole banks in one process: memory links, memory stores, the test dealer's stock. A bank can be killed and started
 * again from its store; links can be cut.
 */

import {
  Bank,
  type Intake,
  type LiveStock,
  loadMacKeys,
  openHere,
  type Transport,
  type Use,
} from '../../src/bank/index.js';
import { ed25519, hash, seededRandom, systemRandom, utf8, x25519 } from '../../src/crypto/index.js';
import { assert, CovaultError } from '../../src/errors.js';
import { makeNetwork, type Network } from '../../src/network/index.js';
import type { Channel, Clock, Log, Randomness } from '../../src/ports.js';
import { LinkStock } from '../../src/preprocessing/index.js';
import type { Party } from '../../src/sharing/index.js';
import { claimSeed } from './banks.js';
import { Dealer, makeParties } from './dealer.js';
import { type MemoryStore, memoryStore } from './memory-store.js';
import { toyGroup } from './toy-group.js';

export const silent: Log = { info: () => {}, warn: () => {} };

export const realClock: Clock = {
  now: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

export interface NetworkOptions {
  readonly banks: number;
  readonly pageSize: number;
  readonly balances: readonly bigint[];
  readonly amountBits?: number;
  readonly log?: Log;
  /** Instead of the test dealer's. */
  readonly openStock?: (
    world: NetworkWorld,
    bank: number,
    session: Uint8Array,
    channel: Channel,
    fresh: boolean,
    deviated: (error: CovaultError) => void,
  ) => Promise<LiveStock>;
  /** Instead of one on this thread. */
  readonly intake?: (world: NetworkWorld, bank: number) => Intake;
  /** Sees every frame and may change or drop it, or put several in its place: the harness of a cheat. */
  readonly onFrame?: (
    from: number,
    to: number,
    use: Use,
    frame: Uint8Array,
  ) => Uint8Array | readonly Uint8Array[] | undefined;
  /** Resolves when the link takes more: at once where there is none. */
  readonly room?: (from: number, use: Use) => Promise<void>;
  readonly clock?: Clock;
  readonly random?: (bank: number) => Randomness;
  /** A bank has new MAC keys on its disk, and does nothing more. */
  readonly rekeyed?: (world: NetworkWorld, bank: number) => void;
  /** What the disks of an earlier world of this shape hold. */
  readonly stores?: readonly MemoryStore[];
  /** Of the keys of banks and holders' envelopes; one and the same where there is none. */
  readonly seed?: Uint8Array;
}

export class NetworkWorld {
  /** The roster may change while no bank runs. */
  network: Network;
  readonly random: Randomness;
  /** As each bank was started last. */
  readonly parties: Party[];
  readonly identitySeeds: readonly Uint8Array[];
  readonly sealingSecrets: Uint8Array[];
  readonly recoverySecrets: readonly Uint8Array[];
  /** A test may put another in a place while that bank does not run. */
  readonly stores: MemoryStore[];
  readonly banks: (Bank | undefined)[];
  /** For builders that expect a height. */
  height = 0;
  readonly #o: NetworkOptions;
  readonly #dealers = new Map<string, Dealer>();
  /** Frames on their way, by pair and use, in order. */
  readonly #lanes = new Map<string, Promise<void>>();
  readonly #generation: number[];

  constructor(options: NetworkOptions) {
    this.#o = options;
    const random = seededRandom(options.seed ? hash('test/network', options.seed) : hash('test/network'));
    this.random = random;
    const seeds = () => Array.from({ length: options.banks }, () => random.bytes(32));
    this.identitySeeds = seeds();
    this.sealingSecrets = seeds();
    this.recoverySecrets = seeds();
    this.network = makeNetwork({
      salt: random.bytes(32),
      rosterVersion: 0,
      banks: this.identitySeeds.map((seed, i) => ({
        name: `bank-${i}`,
        identityKey: ed25519.publicKey(seed),
        sealingKey: x25519.publicKey(this.sealingSecrets[i]),
        recoveryKey: x25519.publicKey(this.recoverySecrets[i]),
      })),
      accounts: options.balances.length,
      pageSize: options.pageSize,
      amountBits: options.amountBits ?? 40,
      scale: 2,
      funded: options.balances.flatMap((balance, account) =>
        balance > 0n ? [{ account, balance, claimKey: ed25519.publicKey(claimSeed(account)) }] : [],
      ),
    });
    this.parties = makeParties(options.banks, random);
    this.stores = options.stores ? [...options.stores] : this.parties.map(() => memoryStore());
    this.banks = this.parties.map(() => undefined);
    this.#generation = this.parties.map(() => 0);
  }

  async startAll(): Promise<void> {
    for (const { self } of this.parties) await this.start(self);
  }

  async start(self: number): Promise<Bank> {
    assert(this.banks[self] === undefined, 'a bank runs once');
    const generation = ++this.#generation[self];
    const transport: Transport = {
      send: async (to, use, frame) => {
        if (this.#generation[self] !== generation) throw new CovaultError('SESSION_ENDED', 'this process is gone');
        this.#intercept(self, to, use, frame);
        await this.#o.room?.(self, use);
      },
    };
    // a re-keying has put others on the disk
    const keys = await loadMacKeys(this.stores[self]);
    if (keys) this.parties[self] = { ...this.parties[self], deltas: keys.deltas };
    const bank = await Bank.open({
      network: this.network,
      party: this.parties[self],
      identitySeed: this.identitySeeds[self],
      intake: this.#o.intake?.(this, self) ?? openHere(this.parties[self], this.sealingSecrets[self]),
      store: this.stores[self],
      clock: this.#o.clock ?? realClock,
      random: this.#o.random?.(self) ?? systemRandom,
      log: this.#o.log ?? silent,
      transport,
      openStock: (...session) => this.#openStock(self, ...session),
      reservedLinks: async () => new Uint8Array(0),
      rekeying: { links: this.links(self), group: toyGroup },
      rekeyed: () => this.#o.rekeyed?.(this, self),
    });
    this.banks[self] = bank;
    for (const { self: other } of this.parties) {
      const peer = this.banks[other];
      if (other === self || !peer) continue;
      peer.linkUp(self);
      bank.linkUp(other);
    }
    return bank;
  }

  /** Of its preprocessing: the dealer's needs none. */
  links(self: number): LinkStock {
    return new LinkStock(this.stores[self], utf8('links/'), this.network.rosterVersion);
  }

  /** As a crash: nothing is said to anybody. */
  async kill(self: number): Promise<void> {
    const bank = this.banks[self];
    this.banks[self] = undefined;
    this.#generation[self]++;
    for (const peer of this.banks) peer?.linkDown(self, 'killed');
    await bank?.stop();
  }

  async stopAll(): Promise<void> {
    for (const bank of this.banks) await bank?.stop();
  }

  bank(self: number): Bank {
    const bank = this.banks[self];
    assert(bank !== undefined, 'the bank runs');
    return bank;
  }

  #intercept(from: number, to: number, use: Use, frame: Uint8Array): void {
    const arriving = this.#o.onFrame ? this.#o.onFrame(from, to, use, frame.slice()) : frame.slice();
    if (!arriving) return;
    for (const each of arriving instanceof Uint8Array ? [arriving] : arriving) this.deliver(from, to, use, each);
  }

  /** Behind what is on its way already. */
  deliver(from: number, to: number, use: Use, arriving: Uint8Array): void {
    const [sender, receiver] = [this.#generation[from], this.#generation[to]];
    const lane = `${from}/${to}/${use}/${sender}/${receiver}`;
    const before = this.#lanes.get(lane) ?? Promise.resolve();
    const next = before.then(async () => {
      if (this.#generation[from] !== sender || this.#generation[to] !== receiver) return;
      await this.banks[to]?.frame(from, use, arriving);
    });
    this.#lanes.set(lane, next);
  }

  #openStock(
    self: number,
    session: Uint8Array,
    channel: Channel,
    fresh: boolean,
    deviated: (error: CovaultError) => void,
  ): Promise<LiveStock> {
    if (this.#o.openStock) return this.#o.openStock(this, self, session, channel, fresh, deviated);
    const key = session.join();
    const dealer = this.#dealers.get(key) ?? new Dealer(this.parties, this.network.pageSize, hash('dealer', utf8(key)));
    this.#dealers.set(key, dealer);
    const stock = dealer.stock(self);
    const none = { made: 0, used: 0 };
    return Promise.resolve({
      ...stock,
      ended: new Promise(() => {}),
      levels: () => ({ vole: none, triples: none, selections: none }),
      close: () => {},
    });
  }
}

/** Waits until it holds, looking often; fails loudly when it never does. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}
