/**
 * What a bank keeps on its disk of an envelope that it has seen: the entry under pool/id, from the opening of its packet
 * until its expiry has passed.
 *
 *     kind u8 | debits, opens, rekeys, signed by: flag u8, u32 | expiry u64 | stock: vole, triples, selections u32
 *     | H(k_i): length u32, 32 bytes | done u8 | announcements, of undecided ones: each of another sponsor
 *
 * Of this bank's own disk, yet decoded strictly: what no bank has written would come up as a failed assertion when the
 * envelope is planned, weeks later. Not here: what a signature is worth, and whether the slot is open.
 */
import { decodeAll, Writer } from '../codec/index.js';
import { concatBytes, utf8 } from '../crypto/index.js';
import { accountsMax } from '../limits.js';
import type { StoreOp } from '../ports.js';
import { type Announcement, isOfItsGroup, readAnnouncement, writeAnnouncement } from './announcement.js';
import type { Planning } from './plan.js';

export interface SeenEntry {
  readonly planning: Planning;
  /** H(k_i), 32 bytes. */
  readonly keyHash: Uint8Array;
  /** Settled, rejected or burned. */
  readonly done: boolean;
  /** At least one while it is undecided, none afterwards. */
  readonly announcements: readonly Announcement[];
}

export const poolPrefix = utf8('pool/');

const idBytes = 32;
const kinds = ['transfer', 'open', 'reveal', 'audit', 'rekey'] as const satisfies Planning['kind'][];

export function seenKey(id: Uint8Array): Uint8Array {
  return concatBytes(poolPrefix, id);
}

export function putSeen(id: Uint8Array, entry: SeenEntry): StoreOp {
  const { kind, debits, opens, rekeys, signedBy, expiry, stock } = entry.planning;
  const w = new Writer(256).u8(kinds.indexOf(kind));
  for (const value of [debits, opens, rekeys, signedBy]) w.u8(value === undefined ? 0 : 1).u32(value ?? 0);
  w.u64(expiry).u32(stock.vole).u32(stock.triples).u32(stock.selections);
  w.bytes(entry.keyHash).u8(entry.done ? 1 : 0);
  w.list(entry.announcements, (to, announcement) => writeAnnouncement(to, announcement));
  return { type: 'put', key: seenKey(id), value: w.done() };
}

/** An entry under `poolPrefix`, with the id it is of. Throws MALFORMED, OVERSIZED. */
export function decodeSeen(key: Uint8Array, value: Uint8Array, banks: number): SeenEntry & { readonly id: Uint8Array } {
  const id = key.slice(poolPrefix.length);
  return decodeAll(value, 'pool entry', r => {
    if (id.length !== idBytes) throw r.malformed('its key holds no id');
    const optional = () => {
      const there = r.bool();
      const number = r.u32();
      if (there ? number >= accountsMax : number !== 0) throw r.malformed('no such page or account');
      return there ? number : undefined;
    };
    const kind = kinds[r.u8()];
    if (kind === undefined) throw r.malformed('no such kind');
    const [debits, opens, rekeys, signedBy] = [optional(), optional(), optional(), optional()];
    if ((debits !== undefined) !== (kind === 'transfer'))
      throw r.malformed('a transfer debits a page, nothing else does');
    if ((opens !== undefined) !== (kind === 'open')) throw r.malformed('an open opens an account, nothing else does');
    if ((rekeys !== undefined) !== (kind === 'rekey')) throw r.malformed('a rekey names a page, nothing else does');
    if (signedBy !== undefined && (kind === 'open' || kind === 'audit'))
      throw r.malformed('it is signed under no key of an account');
    if (signedBy !== undefined && kind !== 'reveal' && signedBy !== (debits ?? rekeys))
      throw r.malformed('it is signed by another account than its own');
    const expiry = r.u64();
    const stock = { vole: r.u32(), triples: r.u32(), selections: r.u32() };
    const keyHash = r.bytes(32);
    if (keyHash.length !== 32) throw r.malformed('a hash has 32 bytes');
    const done = r.bool();
    const announcements = r.list(banks, from => readAnnouncement(from, banks));
    if (done !== (announcements.length === 0))
      throw r.malformed('announcements of what is undecided, and of nothing else');
    if (new Set(announcements.map(({ sponsor }) => sponsor)).size !== announcements.length) {
      throw r.malformed('a sponsor announces once');
    }
    if (!announcements.every(announcement => isOfItsGroup({ ...announcement, id }))) {
      throw r.malformed('an announcement of something else');
    }
    return { id, planning: { kind, debits, opens, rekeys, signedBy, expiry, stock }, keyHash, done, announcements };
  });
}
