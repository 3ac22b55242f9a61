/** A network that begins: all keys from the seed, balances as the setting says, every account closed. */
import { ed25519, hash, seededRandom, utf8, x25519 } from '../../src/crypto/index.js';
import { makeNetwork, type Network } from '../../src/network/index.js';
import type { Party } from '../../src/sharing/index.js';
import { claimSeed } from '../harness/banks.js';
import { makeParties } from '../harness/dealer.js';
import type { Setting } from './workload.js';

export interface Genesis {
  readonly network: Network;
  readonly parties: readonly Party[];
  /** By bank. */
  readonly identitySeeds: readonly Uint8Array[];
  readonly sealingSecrets: readonly Uint8Array[];
}

/** Small amounts make short envelopes. */
const amountBits = 8;

export function makeGenesis(seed: string, { banks, pageSize, balances }: Setting): Genesis {
  const random = seededRandom(hash('simulation/keys', utf8(seed)));
  const seeds = () => Array.from({ length: banks }, () => random.bytes(32));
  const [identitySeeds, sealingSecrets, recoverySecrets] = [seeds(), seeds(), seeds()];
  const network = makeNetwork({
    salt: random.bytes(32),
    rosterVersion: 0,
    banks: identitySeeds.map((identity, i) => ({
      name: `bank-${i}`,
      identityKey: ed25519.publicKey(identity),
      sealingKey: x25519.publicKey(sealingSecrets[i]),
      recoveryKey: x25519.publicKey(recoverySecrets[i]),
    })),
    accounts: balances.length,
    pageSize,
    amountBits,
    scale: 2,
    funded: balances.flatMap((balance, account) =>
      balance > 0 ? [{ account, balance: BigInt(balance), claimKey: ed25519.publicKey(claimSeed(account)) }] : [],
    ),
  });
  return { network, parties: makeParties(banks, random), identitySeeds, sealingSecrets };
}
