/**
 * The receipts of a block: y of every settled transfer, in the record's order, and the point tau they were opened at.
 *
 * The record holds their hash alone: they serve with the memos, and are kept as long as these. Anybody may have them; what they
 * show, and to whom, is in `operations/receipt.ts`.
 *
 *     hash    H("covault/receipts", tau | y_1 .. y_k)             tau = 0 where the block computed nothing
 *
 * Source: as of `operations/receipt.ts`; the record is that of protocol.md, section 9, message 6.
 */
import { decodeAll, type Reader, Writer } from '../codec/index.js';
import { hash } from '../crypto/index.js';
import { P } from '../field/index.js';
import { blockEnvelopesMax } from '../limits.js';

/** The receipts of the settled transfers of one block. */
export interface Receipts {
  readonly tau: bigint;
  readonly values: readonly bigint[];
}

export const noReceipts: Receipts = { tau: 0n, values: [] };

export function writeReceipts(w: Writer, { tau, values }: Receipts): Writer {
  return w.big64(tau).list(values, (to, y) => to.big64(y));
}

/** Throws MALFORMED, OVERSIZED. */
export function readReceipts(r: Reader): Receipts {
  return { tau: element(r), values: r.list(blockEnvelopesMax, element) };
}

export const encodeReceipts = (receipts: Receipts): Uint8Array => writeReceipts(new Writer(1024), receipts).done();

/** Throws MALFORMED, OVERSIZED. */
export const decodeReceipts = (bytes: Uint8Array): Receipts => decodeAll(bytes, 'receipts', readReceipts);

export const hashReceipts = (receipts: Receipts): Uint8Array => hashReceiptBytes(encodeReceipts(receipts));

/** Of what somebody shows as receipts: with the hash of a final record they are the banks', and decode. */
export const hashReceiptBytes = (bytes: Uint8Array): Uint8Array => hash('covault/receipts', bytes);

function element(r: Reader): bigint {
  const value = r.big64();
  if (value >= P) throw r.malformed('no field element');
  return value;
}
