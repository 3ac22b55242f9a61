/**
 * n banks in one process: memory channels, the test dealer, seeded randomness; blocks given by hand.
 *
 * Holds what a test needs to play holders too. No agreement, no store: those have harnesses of their own.
 */
import { ed25519, hash, seededRandom, utf8, x25519 } from '../../src/crypto/index.js';
import {
  type Arguments,
  blankMemo,
  type Envelope,
  openPacket,
  type SealPacket,
  sealEnvelope,
} from '../../src/envelope/index.js';
import type { Vec } from '../../src/field/index.js';
import { type Admitted, type Block, type Settled, settle } from '../../src/ledger/settle.js';
import { LedgerState } from '../../src/ledger/state.js';
import { locate, makeNetwork, type Network } from '../../src/network/index.js';
import {
  buildAudit,
  buildOpen,
  buildRekey,
  buildReveal,
  buildTransfer,
  inputLength,
} from '../../src/operations/index.js';
import type { Channel, Randomness } from '../../src/ports.js';
import type { Positions, Stock } from '../../src/preprocessing/index.js';
import type { Party } from '../../src/sharing/index.js';
import { Dealer, type Drawn, makeParties, reconstruct } from './dealer.js';
import { memoryNetwork } from './memory-channel.js';

/** What playing a holder takes. */
export interface HolderWorld {
  readonly network: Network;
  readonly random: Randomness;
  /** Of the last block: envelopes expire 100 blocks later. */
  readonly height: number;
}

export interface World extends HolderWorld {
  readonly network: Network;
  readonly random: Randomness;
  readonly parties: readonly Party[];
  readonly states: readonly LedgerState[];
  readonly sealingSecrets: readonly Uint8Array[];
  readonly identitySeeds: readonly Uint8Array[];
  stocks: readonly Stock[];
  height: number;
}

export interface WorldOptions {
  readonly banks: number;
  readonly pageSize: number;
  readonly balances: readonly bigint[];
  readonly amountBits?: number;
  readonly seed?: string;
  /** Spoils what the dealer deals: for canaries. */
  readonly spoil?: (drawn: Drawn) => void;
}

/** A network whose accounts hold `balances`; all keys from the seed. */
export function makeWorld({ banks, pageSize, balances, amountBits = 40, seed = 'world', spoil }: WorldOptions): World {
  const random = seededRandom(hash('test/world', utf8(seed)));
  const identitySeeds = Array.from({ length: banks }, () => random.bytes(32));
  const sealingSecrets = Array.from({ length: banks }, () => random.bytes(32));
  const network = makeNetwork({
    salt: random.bytes(32),
    rosterVersion: 0,
    banks: identitySeeds.map((identity, i) => ({
      name: `bank-${i}`,
      identityKey: ed25519.publicKey(identity),
      sealingKey: x25519.publicKey(sealingSecrets[i]),
      recoveryKey: x25519.publicKey(random.bytes(32)),
    })),
    accounts: balances.length,
    pageSize,
    amountBits,
    scale: 2,
    funded: balances.flatMap((balance, account) =>
      balance > 0n ? [{ account, balance, claimKey: ed25519.publicKey(claimSeed(account)) }] : [],
    ),
  });
  const parties = makeParties(banks, random);
  const dealer = new Dealer(parties, pageSize, random.bytes(32), spoil);
  return {
    network,
    random,
    parties,
    identitySeeds,
    sealingSecrets,
    states: parties.map(party => new LedgerState(network, party)),
    stocks: parties.map(({ self }) => dealer.stock(self)),
    height: 0,
  };
}

export const claimSeed = (account: number): Uint8Array =>
  hash('test/claim', Uint8Array.of(account & 255, account >> 8));

/** Keys of an account, both kinds, from its number and how often they were replaced. */
export function accountKeys(account: number, version = 0) {
  const replaced = version === 0 ? [] : [version];
  const seed = (use: string) => hash(`test/account/${use}`, Uint8Array.of(account & 255, account >> 8, ...replaced));
  const element = (use: string) => new DataView(seed(use).buffer).getBigUint64(0, true) >> 4n;
  return {
    spending: element('spending'),
    viewing: element('viewing'),
    spendingSeed: seed('spending'),
    viewingSeed: seed('viewing'),
  };
}

/** Seals an input vector under these arguments, expiring soon. */
export function envelopeOf(
  world: HolderWorld,
  args: Arguments,
  x: Vec,
  sign?: (id: Uint8Array) => Uint8Array,
  seal?: SealPacket,
): Envelope {
  return sealEnvelope(
    world.network,
    { arguments: args, expiry: world.height + 100, x, ...(sign ? { sign } : {}) },
    world.random,
    seal,
  );
}

export function openEnvelope(world: HolderWorld, account: number): Envelope {
  const keys = accountKeys(account);
  const hidden = world.network.pageSize > 1;
  const publicKeys = hidden
    ? undefined
    : { spending: ed25519.publicKey(keys.spendingSeed), viewing: ed25519.publicKey(keys.viewingSeed) };
  const x = buildOpen(world.network, hidden ? keys : undefined, world.random);
  const isFunded = world.network.funded.some(slot => slot.account === account);
  const claim = (id: Uint8Array) => ed25519.sign(claimSeed(account), id);
  return envelopeOf(world, { kind: 'open', account, publicKeys }, x, isFunded ? claim : undefined);
}

export function admit(world: World, bank: number, envelope: Envelope): Admitted {
  const { header, id, packets } = envelope;
  const length = inputLength(world.network, header.arguments.kind);
  const { keyPart, share } = openPacket(header, id, bank, world.sealingSecrets[bank], packets[bank], length);
  return { id, header, keyPart, share: share() };
}

/** Waves by the rule: debits of one page go to successive waves. */
export function wavesOf(envelopes: readonly Envelope[]): number[][] {
  const waves: number[][] = [];
  const debits = new Map<number, number>();
  envelopes.forEach(({ header: { arguments: a } }, e) => {
    if (a.kind !== 'transfer') return;
    const wave = debits.get(a.payerPage) ?? 0;
    debits.set(a.payerPage, wave + 1);
    waves[wave] = [...(waves[wave] ?? []), e];
  });
  return waves;
}

export interface RunOptions {
  /** Puts something between a bank and its channel: the harness of a cheat. */
  readonly channel?: (channel: Channel, bank: number) => Channel;
  readonly admitted?: (admitted: Admitted, bank: number, envelope: number) => Admitted;
  /** Told the seed of all that a bank draws in this block. */
  readonly seeded?: (seed: Uint8Array, bank: number) => void;
}

/** Runs one block at all banks; every bank's outcome, value or error. Nothing is applied. */
export async function runBlock(
  world: World,
  envelopes: readonly Envelope[],
  options: RunOptions = {},
): Promise<PromiseSettledResult<Settled>[]> {
  const channels = memoryNetwork(world.parties.length);
  const at: Positions = world.stocks
    .map(stock => stock.positions())
    .reduce((a, b) => ({
      vole: Math.max(a.vole, b.vole),
      triples: Math.max(a.triples, b.triples),
      selections: Math.max(a.selections, b.selections),
    }));
  const runs = world.states.map(async (state, bank) => {
    const block: Block = {
      height: world.height + 1,
      attempt: 0,
      context: hash('test/context', Uint8Array.of(world.height)),
      proposalsDigest: hash('test/proposals'),
      envelopes: envelopes.map((envelope, e) => {
        const admitted = admit(world, bank, envelope);
        return options.admitted?.(admitted, bank, e) ?? admitted;
      }),
      waves: wavesOf(envelopes),
      at,
      balances: async () => {},
    };
    const channel = options.channel?.(channels[bank], bank) ?? channels[bank];
    const seed = world.random.bytes(32);
    options.seeded?.(seed, bank);
    try {
      return await settle(state, world.stocks[bank], channel, seededRandom(seed), block);
    } catch (error) {
      for (const each of channels) each.close(); // a bank that stops ends the session for all
      throw error;
    }
  });
  return Promise.allSettled(runs);
}

/** Runs a block, expects all banks to agree, applies it everywhere. */
export async function settleBlock(
  world: World,
  envelopes: readonly Envelope[],
  options: RunOptions = {},
): Promise<Settled> {
  const outcomes = await runBlock(world, envelopes, options);
  const results = outcomes.map(outcome => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
  world.states.forEach((state, bank) => {
    state.apply(results[bank].prepared);
  });
  world.height++;
  return results[0];
}

/** All balances, from all banks' shares; asserts that every tag fits. */
export function balancesOf(world: World): bigint[] {
  return [
    ...reconstruct(
      world.parties,
      world.states.map(state => state.balances),
    ),
  ];
}

/** A sealed transfer and theta, without which nobody reads its verdict. */
export interface SentTransfer {
  readonly envelope: Envelope;
  readonly theta: bigint;
}

/** `seal`: a submission session's. */
export function transferEnvelope(
  world: HolderWorld,
  from: number,
  to: number,
  amount: bigint,
  seal?: SealPacket,
  version = 0,
): SentTransfer {
  const [payer, payee] = [locate(world.network, from), locate(world.network, to)];
  const keys = accountKeys(from, version);
  const secrets = { amount, payerSlot: payer.slot, payeeSlot: payee.slot, spendingKey: keys.spending };
  const { x, theta } = buildTransfer(world.network, secrets, world.random);
  const args = {
    kind: 'transfer',
    payerPage: payer.page,
    payeePage: payee.page,
    memo: blankMemo(world.random),
  } as const;
  return { envelope: envelopeOf(world, args, x, signer(world, keys.spendingSeed), seal), theta };
}

export function revealEnvelope(
  world: HolderWorld,
  account: number,
  version = 0,
): { envelope: Envelope; outputMask: bigint } {
  const { page, slot } = locate(world.network, account);
  const keys = accountKeys(account, version);
  const { x, outputMask } = buildReveal(world.network, { slot, viewingKey: keys.viewing }, world.random);
  const envelope = envelopeOf(world, { kind: 'reveal', page }, x, signer(world, keys.viewingSeed));
  return { envelope, outputMask };
}

/** New keys for an account; `version`: of the keys it has. */
export function rekeyEnvelope(world: HolderWorld, account: number, version = 0): Envelope {
  const { page, slot } = locate(world.network, account);
  const [before, after] = [accountKeys(account, version), accountKeys(account, version + 1)];
  const hidden = world.network.pageSize > 1;
  const publicKeys = hidden
    ? undefined
    : { spending: ed25519.publicKey(after.spendingSeed), viewing: ed25519.publicKey(after.viewingSeed) };
  const x = buildRekey(world.network, hidden ? { slot, before, after } : undefined, world.random);
  return envelopeOf(world, { kind: 'rekey', page, publicKeys }, x, signer(world, before.spendingSeed));
}

/** Pages of one slot: authority is a signature. */
function signer(world: HolderWorld, seed: Uint8Array): ((id: Uint8Array) => Uint8Array) | undefined {
  return world.network.pageSize === 1 ? id => ed25519.sign(seed, id) : undefined;
}

export function auditEnvelope(world: HolderWorld, identitySeed?: Uint8Array): Envelope {
  const sign = identitySeed && ((id: Uint8Array) => ed25519.sign(identitySeed, id));
  return envelopeOf(world, { kind: 'audit', bank: 0 }, buildAudit(world.network, world.random), sign);
}

/** What the holder reads: was it applied? */
export function applied(settled: Settled, index: number, theta: bigint): boolean {
  const status = settled.statuses[index];
  return status.kind === 'settled' && (BigInt(status.pi) ^ theta) === 1n;
}
