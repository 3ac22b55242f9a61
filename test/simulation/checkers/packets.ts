/**
 * A bank keeps an envelope's packet until the transaction that decides it, and of what a record settles the header, with the
 * memo for the payee, from that transaction on.
 */
import { decodeCertified } from '../../../src/agreement/index.js';
import { Reader } from '../../../src/codec/index.js';
import { concatBytes, toHex } from '../../../src/crypto/index.js';
import { headerId } from '../../../src/envelope/index.js';
import { readReceipts } from '../../../src/ledger/log.js';
import { blockEnvelopesMax, headerBytesMax } from '../../../src/limits.js';
import type { StoreOp } from '../../../src/ports.js';
import type { Observer, Report } from '../observer.js';
import { logPrefix, memoPrefix, packetPrefix, poolPrefix, startsWith } from './keys.js';

export class PacketsKept implements Observer {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  landed(bank: number, ops: readonly StoreOp[]): void {
    const keys = new Set(ops.map(({ key }) => toHex(key)));
    const told = new Set<string>();
    for (const op of ops)
      if (op.type === 'put' && startsWith(op.key, memoPrefix)) for (const id of idsOf(op.value)) told.add(id);
    for (const op of ops) {
      if (op.type === 'del' && startsWith(op.key, packetPrefix)) {
        const id = op.key.subarray(packetPrefix.length);
        if (keys.has(toHex(concatBytes(poolPrefix, id)))) continue;
        this.#report(`bank ${bank} drops the packet of an envelope that is not decided yet (${toHex(id).slice(0, 8)})`);
      }
      if (op.type !== 'put' || !startsWith(op.key, logPrefix)) continue;
      const { height, entries } = decodeCertified(op.value).record;
      const settled = entries.filter(({ status }) => status.kind === 'settled').map(({ id }) => toHex(id));
      const missing = settled.filter(id => !told.has(id)).length;
      if (missing > 0) this.#report(`bank ${bank} keeps no header of ${missing} transfers of height ${height}`);
    }
  }
}

/** Hex ids of the headers in an entry of the memo log. */
function idsOf(value: Uint8Array): string[] {
  const r = new Reader(value, 'stored memos');
  r.u64();
  readReceipts(r);
  return r.list(blockEnvelopesMax, each => toHex(headerId(each.bytes(headerBytesMax))));
}
