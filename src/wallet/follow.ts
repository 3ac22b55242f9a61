/**
 * What a wallet believes of what a gateway shows: certified records that are final, in order, without a gap.
 *
 *     final    all banks' `committed` signatures, or a certified record of the next height
 *
 * Records that are certified and not yet final at the end of an answer are left for the next one: whoever shows a
 * certificate to one wallet alone gains nothing by it.
 *
 * Not here: what records mean to a wallet (`state.ts`). Source: protocol.md, sections 9 (message 7) and 10.
 */
import { type ChainHead, ChainVerifier, type LedgerRecord, readLogEntry, type Verify } from '../ledger/log.js';
import type { Network } from '../network/index.js';
import type { RecordNews } from './client.js';

export interface FinalRecords {
  /** From the one after the head that was given. */
  readonly records: readonly LedgerRecord[];
  /** Of the last of them. */
  readonly head: ChainHead;
}

/** Throws BAD_CERTIFICATE if anything among them is not what honest banks sign; then none of them counts. */
export function finalRecords(
  network: Network,
  from: ChainHead,
  news: readonly RecordNews[],
  verify?: Verify,
): FinalRecords {
  const chain = new ChainVerifier(network, from, verify);
  const certified = news.map((entry, i) => readLogEntry(entry, from.height + 1 + i));
  const provable = certified.findIndex(({ committed }, i) => !committed && !certified[i + 1]);
  const taken = certified.slice(0, provable < 0 ? certified.length : provable);
  for (const { record, certificate } of taken) chain.accept(record, certificate); // each makes the one before it final
  const last = taken.at(-1);
  if (last?.committed) chain.acceptFinal({ kind: 'committed', signatures: last.committed });
  else if (last) chain.acceptFinal({ kind: 'next', ...certified[taken.length] });
  return { records: taken.map(({ record }) => record), head: chain.head };
}
