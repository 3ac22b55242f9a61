/**
 * Who the banks are and what they agreed on before the first block: roster, parameters, genesis, network id.
 *
 * Network id = H(everything in `NetworkGenesis`, canonical bytes). Gateway URLs and addresses are no part of it.
 */
import { decodeAll, type Reader, Writer } from '../codec/index.js';
import { hash } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import {
  accountsMax,
  amountBitsMax,
  balanceBits,
  banksMax,
  banksMin,
  nameBytesMax,
  pageSizeMax,
  scaleMax,
} from '../limits.js';
import type { Amendment } from './amendment.js';

/** A bank as everybody knows it. All keys are 32 bytes. */
export interface BankIdentity {
  readonly name: string;
  /** Ed25519: the libp2p peer id is made of it, and it signs statements. */
  readonly identityKey: Uint8Array;
  /** X25519: packets are sealed to it. */
  readonly sealingKey: Uint8Array;
  /** X25519, private half offline: recovery entries are sealed to it. */
  readonly recoveryKey: Uint8Array;
}

/** A slot that genesis funds: only the holder of the claim key may open it. */
export interface FundedSlot {
  readonly account: number;
  /** In the smallest unit. */
  readonly balance: bigint;
  /** Ed25519, 32 bytes. */
  readonly claimKey: Uint8Array;
}

/** What all banks have agreed on before the first block; the network id is its hash. */
export interface NetworkGenesis {
  /** Makes two networks of the same banks different: 32 random bytes. */
  readonly salt: Uint8Array;
  readonly rosterVersion: number;
  readonly banks: readonly BankIdentity[];
  /** Slots of the ledger, a multiple of pageSize. */
  readonly accounts: number;
  readonly pageSize: number;
  readonly amountBits: number;
  /** Decimal places. */
  readonly scale: number;
  /** Ascending by account; all other slots start at 0, closed. */
  readonly funded: readonly FundedSlot[];
}

/** What code passes around: roster version and banks as the last amendment left them. */
export interface Network extends NetworkGenesis {
  readonly id: Uint8Array;
  /** What the id is the hash of. */
  readonly genesis: NetworkGenesis;
  readonly amendments: readonly Amendment[];
  readonly supply: bigint;
  readonly pages: number;
}

export function encodeGenesis(genesis: NetworkGenesis): Uint8Array {
  const w = new Writer(1024);
  w.fixed(genesis.salt).u32(genesis.rosterVersion);
  w.list(genesis.banks, writeIdentity);
  w.u32(genesis.accounts).u16(genesis.pageSize).u8(genesis.amountBits).u8(genesis.scale);
  w.list(genesis.funded, (to, slot) => to.u32(slot.account).big64(slot.balance).fixed(slot.claimKey));
  return w.done();
}

export function writeIdentity(w: Writer, { name, identityKey, sealingKey, recoveryKey }: BankIdentity): void {
  w.text(name).fixed(identityKey).fixed(sealingKey).fixed(recoveryKey);
}

export function decodeGenesis(bytes: Uint8Array): NetworkGenesis {
  return decodeAll(bytes, 'genesis', r => ({
    salt: r.fixed(32),
    rosterVersion: r.u32(),
    banks: r.list(banksMax, readIdentity),
    accounts: r.u32(),
    pageSize: r.u16(),
    amountBits: r.u8(),
    scale: r.u8(),
    funded: r.list(accountsMax, slot => ({ account: slot.u32(), balance: slot.big64(), claimKey: slot.fixed(32) })),
  }));
}

function readIdentity(r: Reader): BankIdentity {
  return {
    name: r.text(nameBytesMax),
    identityKey: r.fixed(32),
    sealingKey: r.fixed(32),
    recoveryKey: r.fixed(32),
  };
}

/** Checks every relation and derives id, supply and page count. Throws BAD_NETWORK_FILE. */
export function makeNetwork(genesis: NetworkGenesis): Network {
  const refuse = (why: string): never => {
    throw new CovaultError('BAD_NETWORK_FILE', `network: ${why}`);
  };
  const { banks, accounts, pageSize, amountBits, scale, funded } = genesis;
  if (genesis.salt.length !== 32) refuse('salt must be 32 bytes');
  if (banks.length < banksMin || banks.length > banksMax) refuse(`it needs ${banksMin} to ${banksMax} banks`);
  for (const of of ['identityKey', 'sealingKey', 'recoveryKey'] as const) {
    if (banks.some(bank => bank[of].length !== 32)) refuse(`every ${of} must be 32 bytes`);
    if (new Set(banks.map(bank => bank[of].join())).size !== banks.length) refuse(`two banks share one ${of}`);
  }
  if (banks.some(bank => !/^[\w.-]{1,64}$/.test(bank.name))) refuse('a bank name has letters, digits, ".", "_", "-"');
  if (new Set(banks.map(bank => bank.name)).size !== banks.length) refuse('two banks have one name');
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > pageSizeMax)
    refuse(`pageSize must be 1 to ${pageSizeMax}`);
  if (!Number.isInteger(accounts) || accounts < 1 || accounts > accountsMax)
    refuse(`accounts must be 1 to ${accountsMax}`);
  if (accounts % pageSize !== 0) refuse('accounts must be a multiple of pageSize');
  if (!Number.isInteger(amountBits) || amountBits < 1 || amountBits > amountBitsMax)
    refuse(`amountBits must be 1 to ${amountBitsMax}`);
  if (!Number.isInteger(scale) || scale < 0 || scale > scaleMax) refuse(`scale must be 0 to ${scaleMax}`);
  let supply = 0n;
  let previous = -1;
  for (const slot of funded) {
    if (slot.account <= previous || slot.account >= accounts)
      refuse('funded slots must be ascending accounts of the ledger');
    if (slot.balance < 1n) refuse('a funded slot needs a balance');
    if (slot.claimKey.length !== 32) refuse('every claimKey must be 32 bytes');
    previous = slot.account;
    supply += slot.balance;
  }
  if (supply >= 1n << BigInt(balanceBits)) refuse(`the supply must be below 2^${balanceBits}`);
  const id = hash('covault/network', encodeGenesis(genesis));
  return { ...genesis, id, genesis, amendments: [], supply, pages: accounts / pageSize };
}

/** Page and slot of an account number: account = page * K + slot. */
export function locate(network: Pick<Network, 'pageSize'>, account: number): { page: number; slot: number } {
  return { page: Math.floor(account / network.pageSize), slot: account % network.pageSize };
}

/** The funded slot of an account, if genesis funds it. Cost: logarithmic in their number; `funded` ascends. */
export function fundedSlot({ funded }: NetworkGenesis, account: number): FundedSlot | undefined {
  let [low, high] = [0, funded.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (funded[middle].account < account) low = middle + 1;
    else high = middle;
  }
  return funded[low]?.account === account ? funded[low] : undefined;
}
