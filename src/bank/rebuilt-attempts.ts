/**
 * A rebuilt bank's part in the attempts at the next height, as far as the others have heard of it: it must contradict nothing.
 *
 *     voided, by whatever bank      this bank's void, with that root
 *     signed by this bank           its signature and its entry, with the record: it may still be committed
 *     neither, and begun            this bank's root void: it has not signed, and never shall
 *
 * What only a bank has heard that holds it back is lost: then a later statement may contradict it, and the network halts.
 *
 * Source: protocol.md, section 10.
 */
import {
  type OpenAttempt,
  putSigned,
  putVoid,
  type RootVoid,
  rootVoidStatement,
  signedHolds,
  voidStatement,
} from '../agreement/index.js';
import { ed25519, equalBytes } from '../crypto/index.js';
import { putPrepared } from '../ledger/ledger-store.js';
import { recordHash, type Verify } from '../ledger/log.js';
import { entryHash, entryHead, openEntry } from '../ledger/recovery-entry.js';
import type { Network } from '../network/index.js';
import type { StoreOp } from '../ports.js';
import type { ReadCopy } from './rebuild.js';
import type { RebuiltState } from './rebuilt-state.js';

export interface AttemptOptions {
  readonly network: Network;
  readonly verify: Verify;
  readonly recoverySecret: Uint8Array;
  readonly reads: readonly ReadCopy[];
  readonly state: RebuiltState;
}

export function attemptOps(o: AttemptOptions): StoreOp[] {
  const { height } = o.state;
  // of copies that end earlier nothing counts: their attempts are decided
  const told = o.reads.filter(({ hashes }) => hashes.length === height).flatMap(({ attempts }) => attempts);
  const last = Math.max(0, ...told.map(({ attempt }) => attempt));
  const ops: StoreOp[] = [];
  for (let attempt = 1; attempt <= last; attempt++) {
    ops.push(
      ...opsOf(
        o,
        attempt,
        told.filter(each => each.attempt === attempt),
      ),
    );
  }
  return ops;
}

function opsOf(o: AttemptOptions, attempt: number, told: readonly OpenAttempt[]): StoreOp[] {
  const signed = signedOps(o, attempt, told);
  const root = told.map(each => each.root).find(each => each && rootHolds(o, attempt, each));
  if (root) return [...signed, putOwnVoid(o, attempt, root)];
  if (signed.length > 0) return signed;
  const isBegun = told.some(({ record, signed: theirs }) => record !== undefined || theirs !== undefined);
  return isBegun ? [putOwnVoid(o, attempt, undefined)] : [];
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

/** This bank's signature with the record that somebody else has signed too; without one nobody can commit it. */
function signedOps(o: AttemptOptions, attempt: number, told: readonly OpenAttempt[]): StoreOp[] {
  const { network, verify, recoverySecret, state } = o;
  const { party } = state;
  for (const { signed: theirs } of told) {
    if (!theirs) continue;
    const { signed, entry } = theirs;
    const head = entryHead(entry);
    const isOwn = signed.bank === party.self && signed.height === state.height + 1 && signed.attempt === attempt;
    const isOf = head.height === signed.height && head.attempt === attempt;
    if (!isOwn || !isOf || !equalBytes(entryHash(entry), signed.commitment)) continue;
    if (!signedHolds(network.id, verify, signed)) continue;
    const record = told.map(each => each.record).find(each => each && equalBytes(recordHash(each), signed.recordHash));
    if (!record) continue;
    const { recordHash: hash, commitment, signature } = signed;
    const prepared = state.prepared(openEntry(network, party, recoverySecret, entry), attempt);
    return [putSigned(attempt, { record, hash, commitment, signature, entry }), putPrepared(prepared)];
  }
  return [];
}
