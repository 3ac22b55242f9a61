/**
 * A change of the roster that all banks have signed: one bank's new sealing key and recovery key, under the next version.
 *
 *     signed    H('covault/roster', network id, roster version, every bank as the new roster names it)        by every bank
 *
 * The network id stays that of genesis, and so do identity keys: a bank gets its own back with its recovery entries, and who
 * holds an old network file still checks every signature. Envelopes are sealed under one roster version and refused under
 * another.
 *
 * Source: protocol.md, sections 1 and 10.
 */
import { decodeAll, Writer } from '../codec/index.js';
import { ed25519, hash } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import { banksMax } from '../limits.js';
import { type BankIdentity, type Network, writeIdentity } from './roster.js';

/** A change of the roster: the keys of one bank to which others seal. Signed by all banks. */
export interface Amendment {
  /** Roster index of the bank that changes. */
  readonly bank: number;
  readonly sealingKey: Uint8Array;
  readonly recoveryKey: Uint8Array;
  /** By bank. */
  readonly signatures: readonly Uint8Array[];
}

/** What every bank signs; `network`: before the amendment. */
export function amendmentStatement(network: Network, change: Omit<Amendment, 'signatures'>): Uint8Array {
  const { id, rosterVersion } = network;
  const version = new Writer(4).u32(rosterVersion + 1).done();
  const banks = new Writer(1024).list(changed(network, change), writeIdentity).done();
  return hash('covault/roster', id, version, banks);
}

/** The network under its next roster version. Throws BAD_NETWORK_FILE: it changes nothing, or somebody has not signed. */
export function amended(network: Network, amendment: Amendment): Network {
  const { bank, signatures } = amendment;
  const statement = checkedStatement(network, amendment);
  const unsigned = network.banks.filter(
    ({ identityKey }, i) => !signatures[i] || !ed25519.verify(identityKey, statement, signatures[i]),
  );
  if (signatures.length !== network.banks.length || unsigned.length > 0) {
    const names = unsigned.map(({ name }) => name).join(', ');
    throw refused(
      `roster version ${network.rosterVersion + 1} (${network.banks[bank].name}) is not signed by ${names}`,
    );
  }
  const amendments = [...network.amendments, amendment];
  return { ...network, rosterVersion: network.rosterVersion + 1, banks: changed(network, amendment), amendments };
}

/** `amendmentStatement` of a change that may be signed. Throws BAD_NETWORK_FILE. */
export function checkedStatement(network: Network, change: Omit<Amendment, 'signatures'>): Uint8Array {
  const before = network.banks[change.bank];
  if (!before) throw refused('no such bank');
  const banks = changed(network, change);
  // a key that has been in use comes never back: what is sealed to it may be anybody's
  for (const of of ['sealingKey', 'recoveryKey'] as const) {
    if (new Set(banks.map(bank => bank[of].join())).size !== banks.length) throw refused(`two banks share one ${of}`);
  }
  if (before.sealingKey.join() === change.sealingKey.join()) throw refused('the sealing key is the old one');
  return amendmentStatement(network, change);
}

function changed(network: Network, { bank, sealingKey, recoveryKey }: Omit<Amendment, 'signatures'>): BankIdentity[] {
  return network.banks.map((before, i) => (i === bank ? { ...before, sealingKey, recoveryKey } : before));
}

export function encodeAmendment({ bank, sealingKey, recoveryKey, signatures }: Amendment): Uint8Array {
  const w = new Writer(1024).u8(bank).fixed(sealingKey).fixed(recoveryKey);
  return w.list(signatures, (to, signature) => to.fixed(signature)).done();
}

/** Throws MALFORMED. Whether it amends a network is the question of `amended`. */
export function decodeAmendment(bytes: Uint8Array): Amendment {
  return decodeAll(bytes, 'amendment', r => ({
    bank: r.u8(),
    sealingKey: r.fixed(32),
    recoveryKey: r.fixed(32),
    signatures: r.list(banksMax, from => from.fixed(64)),
  }));
}

const refused = (why: string) => new CovaultError('BAD_NETWORK_FILE', `network: ${why}`);
