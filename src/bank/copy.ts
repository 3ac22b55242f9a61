/**
 * What one bank hands out of another that has lost its disk: a stream of items, for a file.
 *
 *     item      kind u8 | length u32 | content
 *     header    version, network id, roster version, whose copy, by whom: first
 *     attempt   what stands of an attempt at the height after the last record: see `OpenAttempt`
 *     entry     a recovery entry, ascending by height
 *     record    a certified record, from height 1 on
 *     end       last: without it the copy is cut
 *
 * Nothing in it is a secret of the bank that hands it out; entries are sealed. Whoever reads it believes only signatures
 * (`rebuild.ts`). Source: protocol.md, section 10.
 */
import {
  type Agreement,
  type Certified,
  decodeCertified,
  encodeCertified,
  keptEntries,
  type OpenAttempt,
  readLog,
  readOpenAttempt,
  writeOpenAttempt,
} from '../agreement/index.js';
import { decodeAll, Reader, Writer } from '../codec/index.js';
import { CovaultError } from '../errors.js';
import { frameBytesMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { Store } from '../ports.js';

const version = 1;
const kinds = ['header', 'attempt', 'entry', 'record', 'end'] as const;
const itemHeadBytes = 5;

export interface CopyHeader {
  readonly networkId: Uint8Array;
  readonly rosterVersion: number;
  /** The bank that is rebuilt, and the one that hands it out. */
  readonly of: number;
  readonly by: number;
}

export type CopyItem =
  | ({ readonly kind: 'header' } & CopyHeader)
  | { readonly kind: 'attempt'; readonly attempt: OpenAttempt }
  | { readonly kind: 'entry'; readonly entry: Uint8Array }
  | { readonly kind: 'record'; readonly certified: Certified }
  | { readonly kind: 'end' };

/** Of a bank that is away: nothing is committed meanwhile. */
export async function* copyOf(
  of: number,
  from: { readonly network: Network; readonly by: number; readonly store: Store; readonly agreement: Agreement },
): AsyncGenerator<Uint8Array> {
  const { network, by, store, agreement } = from;
  const { height } = agreement;
  const { id: networkId, rosterVersion } = network;
  yield encodeItem({ kind: 'header', networkId, rosterVersion, of, by });
  for (const attempt of agreement.openAttempts(of)) yield encodeItem({ kind: 'attempt', attempt });
  for await (const entry of keptEntries(store, of)) yield encodeItem({ kind: 'entry', entry });
  for await (const certified of readLog(store, 1, height + 1)) yield encodeItem({ kind: 'record', certified });
  yield encodeItem({ kind: 'end' });
}

export function encodeItem(item: CopyItem): Uint8Array {
  const content = contentOf(item);
  return new Writer(itemHeadBytes + content.length).u8(kinds.indexOf(item.kind)).bytes(content).done();
}

function contentOf(item: CopyItem): Uint8Array {
  switch (item.kind) {
    case 'header':
      return new Writer().u8(version).fixed(item.networkId).u32(item.rosterVersion).u8(item.of).u8(item.by).done();
    case 'attempt':
      return writeOpenAttempt(new Writer(1024), item.attempt).done();
    case 'entry':
      return item.entry;
    case 'record':
      return encodeCertified(item.certified);
    case 'end':
      return new Uint8Array(0);
  }
}

/** From a file in pieces of any size. Throws MALFORMED, OVERSIZED: it is no copy, or it is cut. */
export async function* readCopy(pieces: AsyncIterable<Uint8Array>, network: Network): AsyncGenerator<CopyItem> {
  let held = new Uint8Array(0);
  let last: CopyItem['kind'] | undefined;
  for await (const piece of pieces) {
    const joined = new Uint8Array(held.length + piece.length);
    joined.set(held);
    joined.set(piece, held.length);
    held = joined;
    for (let count = itemBytes(held); count !== undefined && count <= held.length; count = itemBytes(held)) {
      const item = decodeItem(held.slice(0, count), network);
      if ((last === undefined) !== (item.kind === 'header') || last === 'end') throw malformed('items out of order');
      last = item.kind;
      held = held.slice(count);
      yield item;
    }
  }
  if (held.length > 0 || last !== 'end') throw malformed('it is cut');
}

/** Of the first item in it, once that can be told. */
function itemBytes(held: Uint8Array): number | undefined {
  if (held.length < itemHeadBytes) return undefined;
  const count = new DataView(held.buffer, held.byteOffset).getUint32(1, true);
  if (count > frameBytesMax) throw new CovaultError('OVERSIZED', 'oversized copy of a bank', { count });
  return itemHeadBytes + count;
}

function decodeItem(bytes: Uint8Array, network: Network): CopyItem {
  const banks = network.banks.length;
  return decodeAll(bytes, 'copy of a bank', r => {
    const kind = kinds[r.u8()];
    const content = r.bytes(frameBytesMax);
    switch (kind) {
      case 'header':
        return { kind, ...decodeAll(content, 'head of a copy', from => readHeader(from, banks)) };
      case 'attempt':
        return { kind, attempt: decodeAll(content, 'attempt in a copy', from => readOpenAttempt(from, banks)) };
      case 'entry':
        return { kind, entry: content };
      case 'record':
        return { kind, certified: decodeCertified(content) };
      case 'end':
        if (content.length > 0) throw r.malformed('an end with content');
        return { kind };
      default:
        throw r.malformed('no such item');
    }
  });
}

function readHeader(r: Reader, banks: number): CopyHeader {
  if (r.u8() !== version) throw r.malformed('another version');
  const header = { networkId: r.fixed(32), rosterVersion: r.u32(), of: r.u8(), by: r.u8() };
  if (header.of >= banks || header.by >= banks || header.of === header.by) throw r.malformed('no such bank');
  return header;
}

const malformed = (why: string) => new Reader(new Uint8Array(0), 'copy of a bank').malformed(why);
