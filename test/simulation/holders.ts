/**
 * The holders of a run: they make envelopes, hand them in until a bank takes them, ask where they stand, and read the log.
 * They keep what the checkers need to know: what each envelope was to do, and what unmasks its outcome.
 */
import type { Bank, RecordBytes } from '../../src/bank/index.js';
import { ed25519, fromHex, toHex } from '../../src/crypto/index.js';
import {
  type Arguments,
  blankMemo,
  type Envelope,
  encodeEnvelope,
  SubmissionSession,
  sealEnvelope,
} from '../../src/envelope/index.js';
import { isCode } from '../../src/errors.js';
import type { Vec } from '../../src/field/index.js';
import { locate, type Network } from '../../src/network/index.js';
import {
  buildAudit,
  buildOpen,
  buildRekey,
  buildReveal,
  buildTransfer,
  transferLayout,
} from '../../src/operations/index.js';
import type { Randomness } from '../../src/ports.js';
import { accountKeys, claimSeed } from '../harness/banks.js';
import type { Draws } from './draws.js';
import type { Told } from './observer.js';
import type { Schedule } from './schedule.js';
import type { Errand, Order } from './workload.js';

/** An envelope, with what only its holder knows. */
export interface Sent {
  readonly id: string;
  readonly order: Order;
  readonly expiry: number;
  readonly bytes: Uint8Array;
  /** Of a transfer: applied iff pi XOR theta is 1. */
  readonly theta: bigint | undefined;
  /** Of a reveal: the balance is y less this. */
  readonly outputMask: bigint | undefined;
  /** How often the keys had been replaced under which it was made: of whoever has to have authority. */
  readonly version: number;
}

export interface HolderOptions {
  readonly schedule: Schedule;
  readonly draws: Draws;
  readonly network: Network;
  readonly random: Randomness;
  readonly identitySeeds: readonly Uint8Array[];
  /** The process that runs, if one does. */
  readonly bank: (index: number) => Bank | undefined;
  readonly acknowledged: (bank: number, id: string) => void;
  readonly told: (told: Told) => void;
  /** The height a wallet reads next. */
  readonly next: (wallet: number) => number;
  readonly read: (wallet: number, records: readonly RecordBytes[]) => void;
  /** How often an account's keys have been replaced, as far as some disk knows. */
  readonly version: (account: number) => number;
  /** What is sealed in an order's place: a canary's. */
  readonly seals: (order: Order) => Order;
}

/** The packet of one bank does not open. */
function spoiled(envelope: Envelope, bank: number): Envelope {
  const { packets } = envelope;
  const packet = packets[bank].map((byte, i) => (i === 0 ? byte ^ 1 : byte));
  return { ...envelope, packets: packets.map((each, i) => (i === bank ? packet : each)) };
}

/** A bank that refuses, or is away, is asked again, or another one is. */
const triesMax = 12;
/** Longer than any bank in its senses takes to answer. */
const answerMs = 2_000;
export const walletCount = 2;

export class Holders {
  readonly sent = new Map<string, Sent>();
  readonly #o: HolderOptions;
  readonly #session: SubmissionSession;
  #submitting = 0;

  constructor(options: HolderOptions) {
    this.#o = options;
    this.#session = new SubmissionSession(options.network, options.random);
  }

  /** How many envelopes are yet to be brought to a bank, for the first time or again. */
  get submitting(): number {
    return this.#submitting;
  }

  /** Everything that is wanted happens at its time. */
  begin(errands: readonly Errand[]): void {
    for (const errand of errands) this.#o.schedule.at(errand.atMs, () => this.#make(errand));
  }

  #make(errand: Errand): void {
    const { network } = this.#o;
    const heights = network.banks.flatMap((_, bank) => this.#o.bank(bank)?.status().height ?? []);
    const sent = this.#seal(errand, Math.max(0, ...heights) + errand.heights);
    this.sent.set(sent.id, sent);
    for (const { bank, afterMs } of errand.sponsors) this.#submitAfter(afterMs, sent, bank, triesMax);
  }

  #submitAfter(ms: number, sent: Sent, bank: number, tries: number): void {
    this.#submitting++;
    const { schedule } = this.#o;
    schedule.after(ms, async () => {
      // a bank that dies meanwhile never answers
      const late = new Promise<void>(resolve => schedule.after(answerMs, resolve));
      await Promise.race([this.#submit(sent, bank, tries), late]);
      this.#submitting--;
    });
  }

  async #submit(sent: Sent, bank: number, tries: number): Promise<void> {
    const { draws, network, acknowledged } = this.#o;
    const again = () => {
      if (tries <= 1) return;
      const next = draws.chance(0.5) ? bank : draws.below(network.banks.length);
      this.#submitAfter(draws.between(100, 1_000), sent, next, tries - 1);
    };
    const process = this.#o.bank(bank);
    if (!process) return again();
    try {
      await process.submit(sent.bytes);
    } catch (error) {
      if (isCode(error, 'SLOT_CLOSED', 'NOT_READY', 'POOL_FULL', 'WORKER_LOST')) again();
      return;
    }
    acknowledged(bank, sent.id);
    this.#follow(sent, bank, 3);
  }

  /** Asks a few times where it stands, here and there; a wallet reads the log meanwhile. */
  #follow(sent: Sent, bank: number, times: number): void {
    const { schedule, draws, network } = this.#o;
    if (times === 0) return;
    schedule.after(draws.between(50, 1_500), () => {
      const next = draws.chance(0.7) ? bank : draws.below(network.banks.length);
      void this.#ask(sent, next);
      void this.#read(draws.below(walletCount), next);
      this.#follow(sent, next, times - 1);
    });
  }

  async #ask(sent: Sent, bank: number): Promise<void> {
    const process = this.#o.bank(bank);
    if (!process) return;
    const id = fromHex(sent.id);
    const { signal } = new AbortController();
    const answer = this.#o.draws.chance(0.3)
      ? await process.envelopeChange(id, 'pending', 400, signal)
      : await process.envelope(id);
    const height = 'height' in answer ? answer.height : undefined;
    this.#o.told({ bank, id: sent.id, state: answer.state, height });
  }

  /** Every wallet reads on, at every bank; every holder asks every bank once more. */
  lookAround(): void {
    for (const bank of this.#o.network.banks.keys()) {
      for (let wallet = 0; wallet < walletCount; wallet++) void this.#read(wallet, bank);
      for (const sent of this.sent.values()) void this.#ask(sent, bank);
    }
  }

  /** A wallet reads on where it stands. */
  async #read(wallet: number, bank: number): Promise<void> {
    const process = this.#o.bank(bank);
    if (process) this.#o.read(wallet, await process.records(this.#o.next(wallet), 50));
  }

  #seal({ order, inSession }: Errand, expiry: number): Sent {
    const { network, random, seals } = this.#o;
    const account = order.kind === 'transfer' ? order.from : order.kind === 'audit' ? undefined : order.account;
    const version = account === undefined ? 0 : this.#o.version(account);
    const { args, x, theta, outputMask, sign } = this.#build(seals(order), version);
    const content = { arguments: args, expiry, x, ...(sign ? { sign } : {}) };
    const sealed = sealEnvelope(network, content, random, inSession ? this.#session.seal : undefined);
    const isSpoiled = order.kind === 'transfer' && order.flaw === 'packet';
    const envelope = isSpoiled ? spoiled(sealed, sealed.header.explicitBank) : sealed;
    return { id: toHex(envelope.id), order, expiry, bytes: encodeEnvelope(envelope), theta, outputMask, version };
  }

  #build(
    order: Order,
    version: number,
  ): {
    args: Arguments;
    x: Vec;
    theta?: bigint;
    outputMask?: bigint;
    sign?: ((id: Uint8Array) => Uint8Array) | undefined;
  } {
    const { network, random, identitySeeds } = this.#o;
    const isHidden = network.pageSize > 1;
    const signer = (seed: Uint8Array) => (id: Uint8Array) => ed25519.sign(seed, id);
    switch (order.kind) {
      case 'open': {
        const { account } = order;
        const keys = accountKeys(account);
        const publicKeys = isHidden
          ? undefined
          : { spending: ed25519.publicKey(keys.spendingSeed), viewing: ed25519.publicKey(keys.viewingSeed) };
        const isFunded = network.funded.some(slot => slot.account === account);
        const sign = isFunded ? signer(claimSeed(account)) : undefined;
        const x = buildOpen(network, isHidden ? keys : undefined, random);
        return { args: { kind: 'open', account, publicKeys }, x, sign };
      }
      case 'transfer': {
        const { from, to, flaw } = order;
        const [payer, payee] = [locate(network, from), locate(network, to)];
        const keys = accountKeys(from, version);
        const spendingKey = keys.spending + (flaw === 'key' ? 1n : 0n);
        const secrets = { amount: BigInt(order.amount), payerSlot: payer.slot, payeeSlot: payee.slot, spendingKey };
        const { x, theta } = buildTransfer(network, secrets, random);
        if (flaw === 'proof') x[transferLayout(network).amount.at] = 2n;
        const args = {
          kind: 'transfer',
          payerPage: payer.page,
          payeePage: payee.page,
          memo: blankMemo(random),
        } as const;
        return { args, x, theta, sign: isHidden ? undefined : signer(keys.spendingSeed) };
      }
      case 'reveal': {
        const { page, slot } = locate(network, order.account);
        const keys = accountKeys(order.account, version);
        const { x, outputMask } = buildReveal(network, { slot, viewingKey: keys.viewing }, random);
        return { args: { kind: 'reveal', page }, x, outputMask, sign: isHidden ? undefined : signer(keys.viewingSeed) };
      }
      case 'rekey': {
        const { page, slot } = locate(network, order.account);
        const [before, after] = [accountKeys(order.account, version), accountKeys(order.account, version + 1)];
        const publicKeys = isHidden
          ? undefined
          : { spending: ed25519.publicKey(after.spendingSeed), viewing: ed25519.publicKey(after.viewingSeed) };
        const x = buildRekey(network, isHidden ? { slot, before, after } : undefined, random);
        const sign = isHidden ? undefined : signer(before.spendingSeed);
        return { args: { kind: 'rekey', page, publicKeys }, x, sign };
      }
      case 'audit': {
        const { bank } = order;
        return { args: { kind: 'audit', bank }, x: buildAudit(network, random), sign: signer(identitySeeds[bank]) };
      }
    }
  }
}
