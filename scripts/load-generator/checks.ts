/**
 * Whether what the banks did was right, after the clock has stopped.
 *
 *     log        every hash and signature, as `covault log verify` does
 *     audit      the operator's: the sum of all balances, opened, is the supply
 *     verdicts   v = pi XOR theta of every transfer, against a plain ledger that follows the records wave by wave
 *     balances   all that were revealed to holders, against that ledger
 *
 * A wave reads the balances left by the waves before it; debits of one page go to successive waves (protocol.md, 7).
 * Reveals read those at the start of their block (protocol.md, 8).
 */
import { gatewayLog } from '../../node/commands/verify-log.js';
import { toHex } from '../../src/crypto/index.js';
import { fp } from '../../src/field/index.js';
import { type LedgerRecord, verifyLog } from '../../src/ledger/log.js';
import type { Network } from '../../src/network/index.js';
import type { Sent, Traffic } from './traffic.js';

export interface PlainResult {
  readonly balances: ReadonlyMap<number, bigint>;
  readonly applied: number;
  readonly cancelled: number;
  readonly wrongVerdicts: number;
  readonly balancesRevealed: number;
  readonly balancesWrong: number;
}

/** Follows all records from the start; `sent`: all whose secrets are known, by hex id. */
export function followRecords(
  records: readonly LedgerRecord[],
  sent: Traffic['sent'],
  start: ReadonlyMap<number, bigint>,
  pageSize: number,
): PlainResult {
  const balances = new Map(start);
  let [applied, cancelled, wrongVerdicts, balancesRevealed, balancesWrong] = [0, 0, 0, 0, 0];
  const balanceOf = (account: number) => balances.get(account) ?? 0n;
  for (const { entries } of records) {
    for (const { id, status } of entries) {
      const each = sent.get(toHex(id));
      if (each?.intent.kind !== 'reveal') continue;
      balancesRevealed++;
      const isRight = status.kind === 'revealed' && fp.sub(status.y, each.secret) === balanceOf(each.intent.account);
      if (!isRight) balancesWrong++;
    }
    for (const wave of wavesOf(entries, sent, pageSize)) {
      const verdicts = wave.map(({ intent, status, secret }) => {
        const isApplied = status?.kind === 'settled' && (BigInt(status.pi) ^ secret) === 1n;
        const isCovered = intent.kind === 'transfer' && balanceOf(intent.from) >= intent.amount;
        if (status?.kind === 'settled' && isApplied !== isCovered) wrongVerdicts++;
        return isApplied;
      });
      for (const [i, { intent, status }] of wave.entries()) {
        if (status?.kind !== 'settled' || intent.kind !== 'transfer') continue;
        if (!verdicts[i]) {
          cancelled++;
          continue;
        }
        applied++;
        balances.set(intent.from, balanceOf(intent.from) - intent.amount);
        balances.set(intent.to, balanceOf(intent.to) + intent.amount);
      }
    }
  }
  return { balances, applied, cancelled, wrongVerdicts, balancesRevealed, balancesWrong };
}

/** Rejected ones keep their place in their wave. */
function wavesOf(entries: LedgerRecord['entries'], sent: Traffic['sent'], pageSize: number): Sent[][] {
  const waves: Sent[][] = [];
  const depth = new Map<number, number>();
  for (const { id } of entries) {
    const each = sent.get(toHex(id));
    if (each?.intent.kind !== 'transfer') continue;
    const page = Math.floor(each.intent.from / pageSize);
    const wave = depth.get(page) ?? 0;
    depth.set(page, wave + 1);
    waves[wave] ??= [];
    waves[wave].push(each);
  }
  return waves;
}

/** Of the audit with this hex id; nothing while no record holds it. */
export function auditedSum(records: readonly LedgerRecord[], id: string): bigint | undefined {
  for (const { entries } of records.slice().reverse()) {
    const entry = entries.find(each => toHex(each.id) === id);
    if (entry) return entry.status.kind === 'audited' ? entry.status.sum : undefined;
  }
  return undefined;
}

/** Throws BAD_CERTIFICATE at the first record that does not hold. */
export async function verifyWholeLog(network: Network, gateway: string): Promise<number> {
  return (await verifyLog(network, gatewayLog(gateway))).height;
}
