/**
 * `covault network create`: from public identities and numbers to a network file and claim files.
 *
 * Everything is checked before the first file is written, and no file is ever overwritten.
 * Not here: what a genesis may be (`src/network`), amounts (`src/wallet/amount`).
 */
import { join } from 'node:path';
import { systemRandom, toHex } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import { amountBitsDefault, balanceBits, scaleDefault } from '../../src/limits.js';
import { encodeNetworkFile, type FundedSlot, makeNetwork, type Network } from '../../src/network/index.js';
import { encodeClaim, makeClaim, newClaimSecret, parseAmount } from '../../src/wallet/index.js';
import { readTextFile, refuseExisting, writeNewFile } from '../files.js';
import { decodeIdentity } from '../keys.js';

export interface NewNetworkOptions {
  /** Files with public identities, in roster order. */
  readonly bank: readonly string[];
  readonly accounts: number;
  readonly pageSize: number;
  readonly amountBits?: number;
  readonly scale?: number;
  /** account=amount */
  readonly fund?: readonly string[];
  readonly fundAll?: string;
  /** name=url */
  readonly gateway?: readonly string[];
  readonly out: string;
  readonly claims: string;
}

export interface NewNetwork {
  readonly network: Network;
  /** Claim files, by funded slot. */
  readonly claimFiles: readonly string[];
}

/** Throws FILE_MISSING, MALFORMED, BAD_AMOUNT, BAD_NETWORK_FILE, BAD_CONFIG, FILE_EXISTS. */
export async function createNetwork(options: NewNetworkOptions): Promise<NewNetwork> {
  const { accounts, pageSize, amountBits = amountBitsDefault, scale = scaleDefault } = options;
  const banks = [];
  for (const file of options.bank) {
    banks.push(decodeIdentity(await readTextFile(file, 'the public identity of a bank'), file));
  }
  const balances = readBalances(options, scale);
  const secrets = new Map<number, Uint8Array>();
  const funded: FundedSlot[] = balances.map(([account, balance]) => {
    const { secret, claimKey } = newClaimSecret(systemRandom);
    secrets.set(account, secret);
    return { account, balance, claimKey };
  });
  const salt = systemRandom.bytes(32);
  const network = makeNetwork({ salt, rosterVersion: 0, banks, accounts, pageSize, amountBits, scale, funded });
  const text = encodeNetworkFile(network, readGateways(options.gateway ?? []));

  const claimFile = (account: number) => join(options.claims, `${account}.json`);
  await refuseExisting(options.out);
  for (const { account } of funded) await refuseExisting(claimFile(account));
  for (const [account, secret] of secrets) {
    await writeNewFile(claimFile(account), encodeClaim(makeClaim(network, account, secret)), 'secret');
  }
  // last: a network file is only there when all that it funds can be claimed
  await writeNewFile(options.out, text, 'public');
  return { network, claimFiles: funded.map(({ account }) => claimFile(account)) };
}

export function describeNetwork({ network, claimFiles }: NewNetwork) {
  return {
    id: toHex(network.id),
    banks: network.banks.map(bank => bank.name),
    accounts: network.accounts,
    pageSize: network.pageSize,
    amountBits: network.amountBits,
    scale: network.scale,
    supply: network.supply.toString(),
    claims: claimFiles,
  };
}

/** Ascending by account; a slot with 0 is not funded. `--fund` goes before `--fund-all`. */
function readBalances({ accounts, fund = [], fundAll }: NewNetworkOptions, scale: number): [number, bigint][] {
  const form = { scale, amountBits: balanceBits };
  const balances = new Map<number, bigint>();
  if (fundAll !== undefined) {
    const balance = parseAmount(fundAll, form);
    for (let account = 0; account < accounts; account++) balances.set(account, balance);
  }
  const named = new Set<number>();
  for (const pair of fund) {
    const [left, right] = splitPair(pair, 'fund', 'ACCOUNT=AMOUNT, like 3=250.00');
    const account = Number(left);
    if (!/^[0-9]{1,9}$/.test(left) || account >= accounts || named.has(account)) {
      throw usage('fund', `an account from 0 to ${accounts - 1}, each once`);
    }
    named.add(account);
    balances.set(account, parseAmount(right, form));
  }
  return [...balances].filter(([, balance]) => balance > 0n).sort(([a], [b]) => a - b);
}

function readGateways(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map(pair => splitPair(pair, 'gateway', 'NAME=URL, like ubz=http://127.0.0.1:8002')));
}

function splitPair(pair: string, field: string, expected: string): [string, string] {
  const at = pair.indexOf('=');
  if (at < 1) throw usage(field, expected);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

function usage(field: string, expected: string): CovaultError {
  return new CovaultError('BAD_CONFIG', `--${field}: expected ${expected}`, { field, expected });
}
