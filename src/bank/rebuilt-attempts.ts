/**
 * A rebuilt bank's part in the attempts at the next height, as far as the others have heard of it: it must contradict nothing.
 *
 *     voided, by whatever bank      this bank's void, with that root
 *     signed by this bank           its signature and its entry; with the record, if another bank has signed it: it may still be
 *                                   committed. If none has, none of them ever will, and they void: then this bank follows
 *     neither, and a record signed  this bank's root void: whoever has signed waits for one. As far as anybody has heard, this
 *                                   bank has not signed, and never shall
 *     nothing of this               marked, without ids: it may have been part of it, and another that was rebuilt may have signed
 *
 * Never a root void beside a signature that a copy shows: the two are proof of cheating. What only a bank has heard that holds
 * it back is lost: then a later statement may contradict it, and the network halts.
 *
 * Source: protocol.md, section 10.
 */
import {
  type OpenAttempt,
  putMarked,
  putSigned,
  putVoid,
  type RootVoid,
  rootVoidStatement,
  type Signed,
  signedHolds,
  voidStatement,
} from '../agreement/index.js';
import { ed25519, equalBytes } from '../crypto/index.js';
import { putPrepared } from '../ledger/ledger-store.js';
import { recordHash, type Verify } from '../ledger/log.js';
import { entryHash, openEntry } from '../ledger/recovery-entry.js';
import type { Network } from '../network/index.js';
import type { StoreOp } from '../ports.js';
import type { ReadCopy } from './rebuild.js';
import { cannotRebuild, type RebuiltState } from './rebuilt-state.js';

export interface AttemptOptions {
  readonly network: Network;
  readonly verify: Verify;
  readonly recoverySecret: Uint8Array;
  readonly reads: readonly ReadCopy[];
  readonly state: RebuiltState;
}

export function attemptOps(o: AttemptOptions): StoreOp[] {
  // of copies that end earlier nothing counts: their attempts are decided
  const isDecided = ({ hashes }: ReadCopy) => hashes.length < o.state.height;
  const last = o.reads.map(read => (isDecided(read) ? 0 : lastOf(o, read)));
  if (Math.max(...last) - Math.min(...last) > 1)
    throw cannotRebuild('the copies tell of attempts that lie apart: have all banks make theirs again');
  const told = o.reads.flatMap(read => (isDecided(read) ? [] : read.attempts));
  const attempts = [...new Set(told.map(({ attempt }) => attempt))].sort((a, b) => a - b);
  return attempts.flatMap(attempt =>
    opsOf(
      o,
      attempt,
      told.filter(each => each.attempt === attempt),
    ),
  );
}

/**
 * The attempt at which a copy ends. An attempt begins with all voids of the one before, that of the copy's bank among them.
 * Throws CANNOT_REBUILD.
 */
function lastOf(o: AttemptOptions, { header, attempts }: ReadCopy): number {
  const sorted = [...attempts].sort((a, b) => a.attempt - b.attempt);
  const isVoid = ({ attempt, root }: OpenAttempt) => root !== undefined && rootHolds(o, attempt, root);
  if (!sorted.every((each, k) => each.attempt === k + 1 && (k === sorted.length - 1 || isVoid(each)))) {
    throw cannotRebuild(`the copy of ${o.network.banks[header.by].name} tells of an attempt that has not begun`);
  }
  return sorted.length;
}

function opsOf(o: AttemptOptions, attempt: number, told: readonly OpenAttempt[]): StoreOp[] {
  const signed = signedOps(o, attempt, told);
  const root = told.map(each => each.root).find(each => each && rootHolds(o, attempt, each));
  if (root) return [...signed, putOwnVoid(o, attempt, root)];
  if (signed.length > 0) return signed;
  const isSignedByOthers = told.some(({ record }) => record !== undefined);
  return [isSignedByOthers ? putOwnVoid(o, attempt, undefined) : putMarked(attempt, [])];
}

function rootHolds(
  { network, verify, state }: AttemptOptions,
  attempt: number,
  { bank, signature }: RootVoid,
): boolean {
  return verify(bank, rootVoidStatement(network.id, { height: state.height + 1, attempt }, bank), signature);
}

function putOwnVoid({ network, state }: AttemptOptions, attempt: number, root: RootVoid | undefined): StoreOp {
  const { self } = state.party;
  const place = { height: state.height + 1, attempt };
  const other = root && root.bank !== self ? root : undefined;
  const signature = ed25519.sign(state.secrets.identitySeed, voidStatement(network.id, place, self, other));
  return putVoid({ ...place, bank: self, root: other, signature });
}

/**
 * This bank's signature, as copies show it. Throws CANNOT_REBUILD: none shows the entry that belongs to it; or the record may
 * be committed, and it re-keyed.
 */
function signedOps(o: AttemptOptions, attempt: number, told: readonly OpenAttempt[]): StoreOp[] {
  const { network, recoverySecret, state } = o;
  const shown = told.flatMap(({ signed }) => signed ?? []).filter(({ signed }) => isOwn(o, attempt, signed));
  if (shown.length === 0) return [];
  const whole = shown.find(({ signed, entry }) => equalBytes(entryHash(entry), signed.commitment));
  if (!whole) throw cannotRebuild('a copy shows its signature of an attempt without the entry that belongs to it');
  const { signed, entry } = whole;
  const { recordHash: hash, commitment, signature } = signed;
  const record = told.map(each => each.record).find(each => each && equalBytes(recordHash(each), hash));
  const prepared = state.prepared(openEntry(network, state.party, recoverySecret, entry), attempt);
  if (record && !prepared) {
    throw cannotRebuild('it was lost while the banks re-keyed, with a record signed that is not decided');
  }
  const own = putSigned(attempt, { record, hash, commitment, signature, entry });
  return prepared ? [own, putPrepared(prepared)] : [own];
}

function isOwn({ network, verify, state }: AttemptOptions, attempt: number, signed: Signed): boolean {
  const isHere = signed.bank === state.party.self && signed.height === state.height + 1 && signed.attempt === attempt;
  return isHere && signedHolds(network.id, verify, signed);
}
