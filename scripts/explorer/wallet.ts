/**
 * All that wallets can be made to believe with what the banks have signed: the wallet's own reading of records
 * (`src/wallet/follow.ts`) on every chain that a gateway could put together.
 *
 *     final      the wallet takes it as the record of its height, for good
 *     settled    ids in such a record: paid, or not, but never to be sent again
 *     dead       ids that such a record lists as burned: the wallet pays again, with fresh masks
 */
import { Writer } from '../../src/codec/index.js';
import { toHex } from '../../src/crypto/index.js';
import { isCode } from '../../src/errors.js';
import { encodeRecord, type LedgerRecord, recordHash, writeCertificate } from '../../src/ledger/log.js';
import { finalRecords } from '../../src/wallet/follow.js';
import { cheapVerify } from '../../test/src/agreement/cluster.js';
import type { Banks } from '../../test/src/ledger/records.js';
import type { Certified, Knowledge } from './knowledge.js';
import { shortHash } from './member.js';

export interface Beliefs {
  /** By height: names of records. Two at one height, and a wallet is misled. */
  readonly final: ReadonlyMap<number, ReadonlySet<string>>;
  readonly settled: ReadonlySet<string>;
  readonly dead: ReadonlySet<string>;
}

export function beliefs(banks: Banks, { certified }: Knowledge): Beliefs {
  const final = new Map<number, Set<string>>();
  const settled = new Set<string>();
  const dead = new Set<string>();
  const believe = (record: LedgerRecord) => {
    final.set(record.height, (final.get(record.height) ?? new Set()).add(shortHash(record)));
    for (const { id } of record.entries) settled.add(toHex(id));
    for (const id of record.burned) dead.add(toHex(id));
  };
  for (const chain of chains(certified, toHex(banks.network.id))) {
    for (const record of read(banks, chain)) believe(record);
  }
  return { final, settled, dead };
}

/** Every path through what is certified, from genesis. */
function chains(certified: readonly Certified[], head: string): Certified[][] {
  return certified
    .filter(({ record }) => toHex(record.previous) === head)
    .flatMap(first => {
      const longer = chains(certified, toHex(recordHash(first.record)));
      return [[first], ...longer.map(rest => [first, ...rest])];
    });
}

function read(banks: Banks, chain: readonly Certified[]): readonly LedgerRecord[] {
  const news = chain.map(({ record, certificate, committed }) => ({
    record: encodeRecord(record),
    certificate: writeCertificate(new Writer(1024), certificate).done(),
    committed,
  }));
  try {
    const { network } = banks;
    return finalRecords(network, { height: 0, hash: network.id }, news, cheapVerify(banks)).records;
  } catch (error) {
    if (!isCode(error, 'BAD_CERTIFICATE')) throw error;
    return []; // the wallet takes nothing of it
  }
}
