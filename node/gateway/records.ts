/**
 * Records as JSON, as wallets and verifiers read them. Binary values are lower-case hex.
 */
import type { BankService, RecordBytes } from '../../src/bank/index.js';
import { toHex } from '../../src/crypto/index.js';
import { gatewayRecordsBytesMax } from '../../src/limits.js';

/** From `asked.from` on, as many as are asked for or fit, and the height this bank is at. */
export async function recordsAnswer(
  service: BankService,
  asked: { readonly from: number; readonly count: number },
): Promise<{ readonly records: object[]; readonly height: number }> {
  // first: a record that comes in between must not look as if it were missing
  const { height } = service.status();
  return { records: await readRecords(service, asked), height };
}

/** Read a few at a time: an answer stays near its bound also where records are at theirs. */
async function readRecords(service: BankService, asked: { from: number; count: number }): Promise<object[]> {
  const chunk = 8;
  const found: RecordBytes[] = [];
  let bytes = 0;
  while (found.length < asked.count && bytes < gatewayRecordsBytesMax) {
    const want = Math.min(chunk, asked.count - found.length);
    const next = await service.records(asked.from + found.length, want);
    for (const record of next) bytes += record.record.length;
    found.push(...next);
    if (next.length < want) break;
  }
  return found.map(({ height, record, certificate, committed }) => ({
    height,
    record: toHex(record),
    certificate: toHex(certificate),
    committed: committed?.map(toHex) ?? null,
  }));
}
