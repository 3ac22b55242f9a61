/**
 * A recovery entry: what a block changed in one bank's durable secrets, sealed to its offline recovery key, for the other
 * banks to keep.
 *
 *     entry     version | height | attempt | keep from | enc | HPKE ciphertext of the content        (all but the last two public)
 *     hash      H('covault/recovery-entry', entry): this bank's commitment to its new state, under its signature of the record
 *     content   hash of the state after the block; count of pages ever touched
 *               changed    pages, and their balances after the block
 *               opened     accounts, and the keys they got
 *               rekeyed    pages, and what the block adds to the keys of their slots; for K = 1 the new keys
 *               receipts   of the block: public, but whoever commits it later must have them
 *               swept      pages in full, as they stood before the block (`recovery-sweep.ts`)
 *               secrets    MAC keys and the rest, in some entries (`recovery-secrets.ts`)
 *
 * Entries keepFrom..height of one bank are all it takes to rebuild its state at `height`: each page is in one of them in full,
 * or was first touched in one, and all that happened to it since is in those after. So what others keep is bounded by the
 * state and not by the history.
 *
 * Trust: a keeper reads heights and sizes, and pages are public anyway. Changed bytes do not fit the hash that the bank has
 * signed in the certificate of that very height and attempt: nobody can put one entry in another's place.
 *
 * Source: protocol.md, section 10.
 */
import { decodeAll, Reader, Writer } from '../codec/index.js';
import { hash, openSealed, sealTo, utf8 } from '../crypto/index.js';
import { blockEnvelopesMax, recoveryEntryBytesMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { Randomness } from '../ports.js';
import { gatherShares, type Party, type Shares } from '../sharing/index.js';
import { decodePage, encodePage, type Page, pageOf } from './pages.js';
import {
  type Opened,
  type Prepared,
  type Rekeyed,
  readOpened,
  readRekeyed,
  readShares,
  writeOpened,
  writeRekeyed,
  writeShares,
} from './prepared.js';
import { type Receipts, readReceipts, writeReceipts } from './receipts.js';
import { addChanges, type LedgerState } from './state.js';

/** What everybody sees of it. */
export interface EntryHead {
  readonly height: number;
  readonly attempt: number;
  /** Entries of lower heights are of no more use. */
  readonly keepFrom: number;
}

export interface EntryContent {
  readonly stateHash: Uint8Array;
  readonly touchedCount: number;
  /** Each once. */
  readonly changedPages: readonly number[];
  /** K elements for each of them, after the block. */
  readonly changed: Shares;
  readonly opened: readonly Opened[];
  /** After the opens. */
  readonly rekeyed: readonly Rekeyed[];
  readonly receipts: Receipts;
  readonly swept: readonly { readonly number: number; readonly page: Page }[];
  readonly secrets: Uint8Array | undefined;
}

const version = 1;
const headBytes = 1 + 8 + 4 + 8;
const info = utf8('covault/recovery-entry');
const secretsBytesMax = 64 * 1024;

export function entryHash(entry: Uint8Array): Uint8Array {
  return hash('covault/recovery-entry', entry);
}

/** Throws MALFORMED: not what any honest bank hands out. */
export function entryHead(entry: Uint8Array): EntryHead {
  const r = new Reader(entry, 'recovery entry');
  if (r.u8() !== version) throw r.malformed('another version');
  const head = { height: r.u64(), attempt: r.u32(), keepFrom: r.u64() };
  if (head.keepFrom < 1 || head.keepFrom > head.height) throw r.malformed('it keeps nothing, or the future');
  if (entry.length > recoveryEntryBytesMax) throw r.malformed('it is too large');
  return head;
}

function encodeHead({ height, attempt, keepFrom }: EntryHead): Uint8Array {
  return new Writer(headBytes).u8(version).u64(height).u32(attempt).u64(keepFrom).done();
}

const associated = (network: Network, bank: number, head: Uint8Array): Uint8Array =>
  hash('covault/recovery-entry/of', network.id, Uint8Array.of(bank), head);

/** Cost: one HPKE seal a block. */
export function sealEntry(
  network: Network,
  bank: number,
  head: EntryHead,
  content: Uint8Array,
  random: Randomness,
): Uint8Array {
  const bytes = encodeHead(head);
  const { recoveryKey } = network.banks[bank];
  const sealed = sealTo(recoveryKey, content, associated(network, bank, bytes), info, random);
  return new Writer(bytes.length + sealed.length).fixed(bytes).fixed(sealed).done();
}

/** Throws PACKET_UNREADABLE: another recovery key, or another bank's; MALFORMED. */
export function openEntry(network: Network, party: Party, recoverySecret: Uint8Array, entry: Uint8Array): EntryContent {
  entryHead(entry);
  const head = entry.slice(0, headBytes);
  const aad = associated(network, party.self, head);
  return decodeContent(network, party, openSealed(recoverySecret, entry.subarray(headBytes), aad, info));
}

/** `state`: before the block. */
export function encodeContent(
  state: LedgerState,
  prepared: Prepared,
  rest: Pick<EntryContent, 'touchedCount' | 'secrets'> & { readonly sweptPages: readonly number[] },
): Uint8Array {
  const pages = changedPages(prepared);
  const changed = valuesAfter(state, prepared, pages);
  const w = new Writer(1024 + 8 * (2 * state.party.count - 1) * changed.length).fixed(state.nextHash(prepared));
  w.u32(rest.touchedCount).list(pages, (to, page) => to.u32(page));
  writeShares(w, changed);
  w.list(prepared.opens, writeOpened).list(prepared.rekeys, writeRekeyed);
  writeReceipts(w, prepared.receipts);
  w.list(rest.sweptPages, (to, page) => to.u32(page).bytes(encodePage(pageOf(state, page))));
  return w
    .u8(rest.secrets ? 1 : 0)
    .fixed(rest.secrets ?? new Uint8Array(0))
    .done();
}

export function changedPages({ changes }: Prepared): number[] {
  return [...new Set(changes.map(({ page }) => page))];
}

/** The balances of these pages, one after the other, as the block leaves them. */
function valuesAfter(state: LedgerState, { changes }: Prepared, pages: readonly number[]): Shares {
  const { pageSize } = state.network;
  const indices = new Uint32Array(pages.length * pageSize);
  const place = new Map<number, number>();
  pages.forEach((page, k) => {
    place.set(page, k);
    for (let slot = 0; slot < pageSize; slot++) indices[k * pageSize + slot] = page * pageSize + slot;
  });
  const values = gatherShares(state.balances, indices);
  addChanges(values, changes, page => (place.get(page) as number) * pageSize);
  return values;
}

function decodeContent(network: Network, party: Party, bytes: Uint8Array): EntryContent {
  return decodeAll(bytes, 'content of a recovery entry', r => {
    const stateHash = r.fixed(32);
    const touchedCount = r.u32();
    const changedPages = r.list(2 * blockEnvelopesMax, from => from.u32());
    return {
      stateHash,
      touchedCount,
      changedPages,
      changed: readShares(r, party, changedPages.length * network.pageSize),
      opened: r.list(blockEnvelopesMax, from => readOpened(from, network, party)),
      rekeyed: r.list(blockEnvelopesMax, from => readRekeyed(from, network, party)),
      receipts: readReceipts(r),
      swept: r.list(bytes.length, from => ({
        number: from.u32(),
        page: decodePage(network, party, from.bytes(bytes.length)),
      })),
      secrets: r.bool() ? r.fixed(bounded(r)) : undefined,
    };
  });
}

function bounded(r: Reader): number {
  if (r.remaining > secretsBytesMax) throw r.malformed('too many secrets');
  return r.remaining;
}
