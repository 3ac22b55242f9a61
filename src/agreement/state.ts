/**
 * What the parts of the agreement share: who this bank is, what its disk holds, and where it stands. Here is only what
 * reads and writes this state without deciding anything; the decisions are in the parts, which `machine.ts` lists.
 *
 * Fields that end up on the disk change together with the `store` that writes them, in the same input.
 */
import { toHex } from '../crypto/index.js';
import { assert } from '../errors.js';
import { type LedgerRecord, recordHash, type Verify } from '../ledger/log.js';
import type { Network } from '../network/index.js';
import type { StoreOp } from '../ports.js';
import type { Adopted, Adoption } from './adopting.js';
import type { BurnedIds } from './burned-ids.js';
import type { Certified } from './certified.js';
import { type Attempt, type Durable, delEarly } from './durable.js';
import { Entries, type Kept } from './entries.js';
import type { StoreOutput } from './io.js';
import type { Message } from './messages.js';
import { Outbox } from './outbox.js';
import type { Plan } from './plan.js';
import type { Pool } from './pool.js';
import type { Evidence, Ground, Place, Signed } from './statements.js';
import { Votes } from './votes.js';

export interface StateOptions {
  readonly network: Network;
  readonly self: number;
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly verify: Verify;
  readonly durable: Durable;
  readonly pool: Pool;
  readonly kept: Kept;
}

/** 'held': marked before a restart and not signed, as far as the disk tells; it waits for what the others know. */
export type Phase = 'proposing' | 'looking' | 'running' | 'signed' | 'voided' | 'held';

/** What the record of a run must hold. */
export interface Running {
  readonly plan: Plan;
  readonly burned: readonly Uint8Array[];
}

/**
 * The first attempt at the height after this one, begun beside an attempt at this one, on whose record it will rest.
 * It lives as long as that attempt does, and takes its place when that is committed.
 */
export interface Early {
  readonly ground: Ground;
  /** 'failed': somebody took too long; it will be voided when its height has come. */
  phase: 'proposing' | 'looking' | 'running' | 'failed';
  running: Running | undefined;
  marked: readonly Uint8Array[] | undefined;
  /** It needs the balances already. */
  proved: boolean;
  /** The envelopes of the attempt beside it, by hex id. */
  readonly beside: ReadonlySet<string>;
}

export const untried: Attempt = { marked: undefined, signed: undefined, void: undefined };

export class State {
  readonly network: Network;
  readonly self: number;
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly verify: Verify;
  readonly pool: Pool;
  readonly outbox: Outbox;

  // durable, as on the disk after the last store
  last: Certified | undefined;
  /** Of the last record; the network id before the first. */
  lastHash: Uint8Array;
  readonly attempts: Map<number, Attempt>;
  readonly burned: BurnedIds;
  /** Those of this height in memory, as signatures are. */
  readonly entries: Entries;
  halted: Evidence | undefined;
  adopted: Adopted | undefined;
  adoption: Adoption | undefined;

  // of this height
  attempt = 1;
  phase: Phase = 'proposing';
  votes: Votes;
  running: Running | undefined;
  /** The session of the last run. */
  runIn: Uint8Array | undefined;

  // of the next
  early: Early | undefined;
  /** This process has seen all banks propose at one place, its own: it knows all that this bank has done since. */
  isWitness = false;
  /** Marks a restart found; what was begun beside a record is lost with the process. */
  lostEarly: readonly Uint8Array[] | undefined;

  constructor({ network, self, sign, verify, durable, pool, kept }: StateOptions) {
    this.network = network;
    this.self = self;
    this.sign = sign;
    this.verify = verify;
    this.pool = pool;
    this.last = durable.last;
    this.lastHash = durable.last ? recordHash(durable.last.record) : network.id;
    this.attempts = new Map(durable.attempts);
    this.burned = pool.burned;
    this.entries = new Entries(self, kept);
    this.lostEarly = durable.early;
    this.halted = durable.halted;
    this.adopted = durable.adopted;
    this.adoption = durable.adoption;
    this.votes = new Votes(this.count);
    this.outbox = new Outbox(self, this.count);
  }

  /** Last committed height; 0 before the first. */
  get height(): number {
    return this.last?.record.height ?? 0;
  }

  get place(): Place {
    return { height: this.height + 1, attempt: this.attempt };
  }

  get ground(): Ground {
    return { ...this.place, base: this.last?.record.attempt ?? 0 };
  }

  /** Of banks. */
  get count(): number {
    return this.network.banks.length;
  }

  /** This bank's part in an attempt. */
  own(attempt = this.attempt): Attempt {
    return this.attempts.get(attempt) ?? untried;
  }

  ownSigned(attempt: number): Signed {
    const { signed } = this.own(attempt);
    assert(signed !== undefined, 'there is an own signature');
    const { hash, commitment, signature } = signed;
    return { height: this.place.height, attempt, bank: this.self, recordHash: hash, commitment, signature };
  }

  signedLater(attempt: number): boolean {
    return [...this.attempts].some(([later, { signed }]) => later > attempt && signed !== undefined);
  }

  /** Ids marked in other attempts at this height, which this record does not settle. */
  abandonedBy(record: LedgerRecord): Uint8Array[] {
    const settled = new Set(record.entries.map(({ id }) => toHex(id)));
    return [...this.attempts].flatMap(([attempt, { marked }]) =>
      attempt === record.attempt ? [] : (marked ?? []).filter(id => !settled.has(toHex(id))),
    );
  }

  /** Never used again, and no longer ready. */
  burnOps(ids: readonly Uint8Array[]): StoreOp[] {
    return [...this.burned.burn(ids), ...this.pool.finish(ids)];
  }

  /** Right after the ops were made: what the pool has forgotten by them goes with them. */
  store(output: Omit<StoreOutput, 'type' | 'forgotten'>): void {
    this.outbox.push({ type: 'store', ...output, forgotten: this.pool.takeForgotten() });
  }

  status(): Message {
    return { kind: 'status', height: this.height, hash: this.lastHash, attempt: this.attempt };
  }

  /** With all that it takes to commit it; a bank that has come to this height without leaves it to the others. */
  answerWithCertificate(to: number): undefined {
    const entries = this.entries.last;
    if (!this.last || !entries) return;
    entries.forEach((entry, bank) => {
      if (bank !== to) this.outbox.send(to, { kind: 'entry', bank, entry });
    });
    this.outbox.send(to, { kind: 'certificate', ...this.last });
  }

  /** Once more, in a new session. */
  broadcastSigned(attempt: number): undefined {
    const { signed } = this.own(attempt);
    assert(signed !== undefined, 'there is an own signature');
    this.outbox.broadcast({ kind: 'entry', bank: this.self, entry: signed.entry });
    this.outbox.broadcast({ kind: 'signed', signed: this.ownSigned(attempt) });
  }

  /** The run ends here. What follows decides about the attempt: a void, a commit, the end. */
  abort(): undefined {
    this.#sayAbort(this.ground);
    this.running = undefined;
    this.phase = 'proposing';
  }

  /** Of the session it ran in, which may be over: the next may run the same again. */
  #sayAbort(ground: Ground): void {
    assert(this.runIn !== undefined, 'what ends has begun');
    this.outbox.push({ type: 'abort', session: this.runIn, ...ground });
  }

  /** What was begun beside this attempt ends with it. Ids to burn, and ops for the transaction that says why. */
  dropEarly(): readonly StoreOp[] {
    const { early } = this;
    this.early = undefined;
    if (early?.phase === 'running') this.#sayAbort(early.ground);
    const burn = early?.marked ?? this.lostEarly;
    this.lostEarly = undefined;
    return burn ? [...this.burnOps(burn), delEarly] : [];
  }
}
