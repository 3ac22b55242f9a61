/**
 * A claim file: the right to open one slot that genesis has funded.
 *
 *     { "covaultClaim": 1, "network": hex id, "account": number, "balance": smallest unit, "secret": hex }
 *
 * Whoever holds the secret can open the slot, so the file is handed over like money. The banks see only a signature over
 * the `open` envelope's id. Made with the network: genesis lists the public halves, so they exist before its id does.
 */
import { ed25519, equalBytes, fromHex, toHex } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import { accountsMax, balanceBits } from '../limits.js';
import type { Network } from '../network/index.js';
import type { Randomness } from '../ports.js';

/** The right to open an account that genesis funds. A secret: whoever has it can open the account, once. */
export interface Claim {
  readonly networkId: Uint8Array;
  readonly account: number;
  /** In the smallest unit, as a service to its reader: genesis decides. */
  readonly balance: bigint;
  /** Ed25519 seed, 32 bytes. */
  readonly secret: Uint8Array;
}

/** A fresh claim secret with its public half, for a slot of a genesis yet to be made. */
export function newClaimSecret(random: Randomness): { secret: Uint8Array; claimKey: Uint8Array } {
  const secret = random.bytes(32);
  return { secret, claimKey: ed25519.publicKey(secret) };
}

/** The claim to a slot of a network. Throws BAD_SIGNATURE: genesis lists another key, or none. */
export function makeClaim(network: Network, account: number, secret: Uint8Array): Claim {
  const slot = network.funded.find(funded => funded.account === account);
  if (!slot || !equalBytes(slot.claimKey, ed25519.publicKey(secret))) {
    throw new CovaultError('BAD_SIGNATURE', 'genesis lists another claim key for this account', { account });
  }
  return { networkId: network.id, account, balance: slot.balance, secret };
}

/** The claim file: JSON with a line's end. */
export function encodeClaim(claim: Claim): string {
  const file = {
    covaultClaim: 1,
    network: toHex(claim.networkId),
    account: claim.account,
    balance: claim.balance.toString(),
    secret: toHex(claim.secret),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** Throws MALFORMED, naming the field. Whether it fits a network is for `makeClaim` to say. */
export function decodeClaim(text: string): Claim {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw malformed('file');
  }
  if (typeof file !== 'object' || file === null) throw malformed('file');
  const { covaultClaim, network, account, balance, secret } = file as Record<string, unknown>;
  if (covaultClaim !== 1) throw malformed('covaultClaim');
  if (!isHex32(network)) throw malformed('network');
  if (typeof account !== 'number' || !Number.isInteger(account) || account < 0 || account >= accountsMax) {
    throw malformed('account');
  }
  if (typeof balance !== 'string' || !/^[0-9]{1,19}$/.test(balance) || BigInt(balance) >= 1n << BigInt(balanceBits)) {
    throw malformed('balance');
  }
  if (!isHex32(secret)) throw malformed('secret');
  return { networkId: fromHex(network), account, balance: BigInt(balance), secret: fromHex(secret) };
}

const isHex32 = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

function malformed(field: string): CovaultError {
  return new CovaultError('MALFORMED', `malformed claim file: ${field}`, { what: 'claim file', field });
}
