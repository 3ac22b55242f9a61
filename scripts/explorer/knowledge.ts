/**
 * What the honest banks have let out, all together: what a cheat can build from, and what a wallet can be shown. Statements
 * only; proposals and computations say nothing that outlives their session.
 */
import { equalBytes } from '../../src/crypto/index.js';
import type { Certificate, LedgerRecord } from '../../src/ledger/log.js';
import { committedStatement, recordHash, recordStatement } from '../../src/ledger/log.js';
import { entryHash } from '../../src/ledger/recovery-entry.js';
import { cheapSign, entryOf } from '../../test/src/agreement/cluster.js';
import type { Banks } from '../../test/src/ledger/records.js';
import type { Member } from './member.js';
import type { Statement } from './statement.js';

export interface Heard {
  readonly from: number;
  readonly statement: Statement;
}

export interface Certified {
  readonly record: LedgerRecord;
  readonly certificate: Certificate;
  /** By bank; none unless all have said it. */
  readonly committed: readonly Uint8Array[] | undefined;
}

export class Knowledge {
  readonly heard: readonly Heard[];
  readonly records: readonly LedgerRecord[];
  readonly certified: readonly Certified[];

  constructor(banks: Banks, cheat: number | undefined, members: readonly Member[]) {
    this.heard = members.flatMap(({ index, told }) =>
      [...told.values()].map(statement => ({ from: index, statement })),
    );
    const records = new Map(members.flatMap(member => [...member.records]));
    this.records = [...records].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record);
    this.certified = this.records.flatMap(record => {
      const certificate = this.#certificate(banks, cheat, record);
      return certificate ? [{ record, certificate, committed: this.#committed(banks, cheat, record) }] : [];
    });
  }

  /** Of all banks: the honest ones' as heard, and the cheat's own. */
  #certificate(banks: Banks, cheat: number | undefined, record: LedgerRecord): Certificate | undefined {
    const at = { height: record.height, attempt: record.attempt, recordHash: recordHash(record) };
    const all = banks.seeds.map((_, bank) => {
      if (bank === cheat) return signRecord(banks, bank, at);
      const found = this.heard.find(
        ({ from, statement: s }) =>
          from === bank &&
          s.kind === 'signed' &&
          s.signed.bank === bank &&
          equalBytes(s.signed.recordHash, at.recordHash),
      );
      return found?.statement.kind === 'signed' ? found.statement.signed : undefined;
    });
    return all.every(each => each !== undefined)
      ? all.map(({ commitment, signature }) => ({ commitment, signature }))
      : undefined;
  }

  #committed(banks: Banks, cheat: number | undefined, record: LedgerRecord): readonly Uint8Array[] | undefined {
    const of = recordHash(record);
    const all = banks.seeds.map((_, bank) => {
      if (bank === cheat) return cheapSign(banks, bank)(committedStatement(banks.network.id, record.height, of));
      const found = this.heard.find(
        ({ from, statement: s }) => from === bank && s.kind === 'committed' && equalBytes(s.committed.hash, of),
      );
      return found?.statement.kind === 'committed' ? found.statement.committed.signature : undefined;
    });
    return all.every(each => each !== undefined) ? all : undefined;
  }
}

/** With the key of that bank. */
export function signRecord(
  banks: Banks,
  bank: number,
  at: { readonly height: number; readonly attempt: number; readonly recordHash: Uint8Array },
) {
  const commitment = entryHash(entryOf(at, bank));
  const statement = recordStatement(banks.network.id, at, bank, commitment);
  return { commitment, signature: cheapSign(banks, bank)(statement) };
}
