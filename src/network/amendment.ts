/**
 * What all banks have signed for the next roster version: one bank's new sealing key and recovery key; or a pardon, by which all
 * accusations are lifted and all MAC keys drawn anew (protocol.md, section 11).
 *
 *     signed    H('covault/roster', network id, roster version, every bank as the new roster names it)        by every bank
 *               H('covault/pardon', network id, roster version, lift)
 *
 * Lifts count from 1: at most `liftsMax` in the life of a network, for every failed guess may have taught a bit of a key.
 *
 * The network id stays that of genesis, and so do identity keys: a bank gets its own back with its recovery entries, and who
 * holds an old network file still checks every signature. Envelopes are sealed under one roster version and refused under
 * another.
 *
 * Source: protocol.md, sections 1 and 10.
 */
import { decodeAll, Writer } from '../codec/index.js';
import { ed25519, equalBytes, hash } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import { banksMax, liftsMax } from '../limits.js';
import { type BankIdentity, type Network, writeIdentity } from './roster.js';

/** One bank comes back under new keys, to which others seal. */
export interface BankChange {
  /** Roster index of the bank that changes. */
  readonly bank: number;
  readonly sealingKey: Uint8Array;
  readonly recoveryKey: Uint8Array;
}

/** Accusations are lifted and all MAC keys drawn anew; `lift`: the how-manieth time, from 1. */
export interface Pardon {
  readonly lift: number;
}

/** What a new version of the roster changes. */
export type Change = BankChange | Pardon;

/** A change of the roster that all banks have signed; `signatures`: by bank. */
export type Amendment = Change & { readonly signatures: readonly Uint8Array[] };

/** How often all MAC keys were drawn anew. */
export function liftsOf({ amendments }: Pick<Network, 'amendments'>): number {
  return amendments.filter(each => 'lift' in each).length;
}

/** What every bank signs; `network`: before the amendment. */
export function amendmentStatement(network: Network, change: Change): Uint8Array {
  const { id, rosterVersion } = network;
  const version = new Writer(4).u32(rosterVersion + 1).done();
  if ('lift' in change) return hash('covault/pardon', id, version, new Writer(4).u32(change.lift).done());
  const banks = new Writer(1024).list(changed(network, change), writeIdentity).done();
  return hash('covault/roster', id, version, banks);
}

/** The network under its next roster version. Throws BAD_NETWORK_FILE: it changes nothing, or somebody has not signed. */
export function amended(network: Network, amendment: Amendment): Network {
  const { signatures } = amendment;
  const statement = checkedStatement(network, amendment);
  const unsigned = network.banks.filter(
    ({ identityKey }, i) => !signatures[i] || !ed25519.verify(identityKey, statement, signatures[i]),
  );
  if (signatures.length !== network.banks.length || unsigned.length > 0) {
    const names = unsigned.map(({ name }) => name).join(', ');
    throw refused(
      `roster version ${network.rosterVersion + 1} (${subjectOf(network, amendment)}) is not signed by ${names}`,
    );
  }
  const amendments = [...network.amendments, amendment];
  return { ...network, rosterVersion: network.rosterVersion + 1, banks: changed(network, amendment), amendments };
}

/** `amendmentStatement` of a change that may be signed. Throws BAD_NETWORK_FILE. */
export function checkedStatement(network: Network, change: Change): Uint8Array {
  if ('lift' in change) {
    const lift = liftsOf(network) + 1;
    if (lift > liftsMax) throw refused(`it was re-keyed ${liftsMax} times: the banks make a new network`);
    if (change.lift !== lift) throw refused(`the next pardon is number ${lift}`);
    return amendmentStatement(network, change);
  }
  if (!network.banks[change.bank]) throw refused('no such bank');
  const banks = changed(network, change);
  for (const of of ['sealingKey', 'recoveryKey'] as const) {
    if (new Set(banks.map(bank => bank[of].join())).size !== banks.length) throw refused(`two banks share one ${of}`);
  }
  // what was sealed to it may be anybody's by now
  if (sealingKeysEver(network).some(key => equalBytes(key, change.sealingKey))) {
    throw refused('the sealing key was in use before');
  }
  return amendmentStatement(network, change);
}

/** Of all banks, since genesis. */
function sealingKeysEver({ genesis, amendments }: Network): readonly Uint8Array[] {
  const later = amendments.flatMap(each => ('lift' in each ? [] : [each.sealingKey]));
  return [...genesis.banks.map(({ sealingKey }) => sealingKey), ...later];
}

function subjectOf({ banks }: Network, change: Change): string {
  return 'lift' in change ? `pardon ${change.lift}` : banks[change.bank].name;
}

function changed(network: Network, change: Change): readonly BankIdentity[] {
  if ('lift' in change) return network.banks;
  const { bank, sealingKey, recoveryKey } = change;
  return network.banks.map((before, i) => (i === bank ? { ...before, sealingKey, recoveryKey } : before));
}

/** In place of a roster index. */
const pardonMark = 255;

export function encodeAmendment(amendment: Amendment): Uint8Array {
  const w = new Writer(1024);
  if ('lift' in amendment) w.u8(pardonMark).u32(amendment.lift);
  else w.u8(amendment.bank).fixed(amendment.sealingKey).fixed(amendment.recoveryKey);
  return w.list(amendment.signatures, (to, signature) => to.fixed(signature)).done();
}

/** Throws MALFORMED. Whether it amends a network is the question of `amended`. */
export function decodeAmendment(bytes: Uint8Array): Amendment {
  return decodeAll(bytes, 'amendment', r => {
    const bank = r.u8();
    const change =
      bank === pardonMark ? { lift: r.u32() } : { bank, sealingKey: r.fixed(32), recoveryKey: r.fixed(32) };
    return { ...change, signatures: r.list(banksMax, from => from.fixed(64)) };
  });
}

const refused = (why: string) => new CovaultError('BAD_NETWORK_FILE', `network: ${why}`);
