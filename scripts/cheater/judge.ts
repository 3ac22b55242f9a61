/**
 * What stands on the disks after a play, against what holders know: no bank is asked whether all is well.
 *
 *     records      one history, at all honest banks
 *     verdicts     of every settled transfer, by its holder's theta: paid if and only if the balance covers it
 *     reveals      what the holder reads is the balance at the block's start
 *     balances     all banks' shares together are the plain ledger's, and honest banks' tags fit each other's keys
 */
import { toHex } from '../../src/crypto/index.js';
import { isCode } from '../../src/errors.js';
import { addVec, fp, scaleVec, type Vec } from '../../src/field/index.js';
import { loadLedger } from '../../src/ledger/ledger-store.js';
import { decodeRecord, type LedgerRecord } from '../../src/ledger/log.js';
import type { LedgerState } from '../../src/ledger/state.js';
import type { NetworkWorld } from '../../test/harness/network.js';
import { startBalances } from './stage.js';

/** What its holder knows of an envelope. */
export type Sent =
  | {
      readonly kind: 'transfer';
      readonly id: Uint8Array;
      readonly from: number;
      readonly to: number;
      readonly amount: bigint;
      readonly theta: bigint;
    }
  | { readonly kind: 'reveal'; readonly id: Uint8Array; readonly account: number; readonly outputMask: bigint }
  | { readonly kind: 'audit'; readonly id: Uint8Array };

export interface Standing {
  readonly faults: readonly string[];
  /** Of each bank. */
  readonly heights: readonly number[];
  /** All banks stand at one height, so that their shares could be added up. */
  readonly isReconstructed: boolean;
  /** A record is of a second attempt. */
  readonly isRetried: boolean;
  /** Status of each envelope in the records, by hex id. */
  readonly statuses: ReadonlyMap<string, string>;
}

export async function standingOf(world: NetworkWorld, cheater: number, sent: readonly Sent[]): Promise<Standing> {
  const faults: string[] = [];
  const records = await Promise.all(
    world.parties.map(async ({ self }) => (await world.bank(self).records(1, 1000)).map(({ record }) => record)),
  );
  const honest = world.parties.map(({ self }) => self).filter(self => self !== cheater);
  const longest = honest.map(self => records[self]).reduce((a, b) => (b.length > a.length ? b : a));
  for (const self of honest) {
    const isPrefix = records[self].every((bytes, i) => toHex(bytes) === toHex(longest[i]));
    if (!isPrefix) faults.push(`bank ${self} holds another history`);
  }
  const history = new PlainHistory(sent);
  const log = longest.map(bytes => decodeRecord(bytes));
  for (const record of log) faults.push(...history.apply(record));
  const states: (LedgerState | undefined)[] = [];
  for (const { self } of world.parties) {
    try {
      states.push((await loadLedger(world.stores[self], world.network, world.parties[self])).state);
    } catch (error) {
      if (!isCode(error, 'STORE_DAMAGED')) throw error;
      states.push(undefined);
      if (self !== cheater) faults.push(`bank ${self}: ${error.message}`);
    }
  }
  const heights = states.map(state => state?.height ?? -1);
  const isReconstructed = heights.every(height => height === longest.length);
  if (isReconstructed) faults.push(...sharesOf(world, states as LedgerState[], honest, history.balances));
  const isRetried = log.some(({ attempt }) => attempt > 1);
  return { faults, heights, isReconstructed, isRetried, statuses: history.statuses };
}

function sharesOf(
  world: NetworkWorld,
  states: readonly LedgerState[],
  honest: readonly number[],
  plain: readonly bigint[],
): string[] {
  const faults: string[] = [];
  const sum = states.map(({ balances }) => balances.value).reduce(addVec);
  if (sum.some((balance, account) => balance !== plain[account]))
    faults.push(`balances are ${sum}, and should be ${plain}`);
  for (const j of honest) {
    for (const i of honest) {
      if (i === j) continue;
      const D = world.parties[j].deltas[i];
      const due: Vec = addVec(states[j].balances.keys[i], scaleVec(states[i].balances.value, D));
      if (due.some((tag, k) => tag !== states[i].balances.tags[j][k]))
        faults.push(`tags of bank ${i} do not fit the keys of bank ${j}`);
    }
  }
  return faults;
}

class PlainHistory {
  balances: readonly bigint[] = startBalances;
  readonly statuses = new Map<string, string>();
  readonly #sent: ReadonlyMap<string, Sent>;

  constructor(sent: readonly Sent[]) {
    this.#sent = new Map(sent.map(each => [toHex(each.id), each]));
  }

  /** What is wrong with a record. */
  apply({ entries, burned, height }: LedgerRecord): string[] {
    const faults: string[] = [];
    const before = this.balances;
    for (const { id, status } of entries) {
      const name = toHex(id);
      const known = this.#sent.get(name);
      if (this.statuses.has(name)) faults.push(`an envelope stands twice, at height ${height}`);
      this.statuses.set(name, status.kind);
      if (status.kind === 'settled' && known?.kind === 'transfer') {
        const isPaid = (BigInt(status.pi) ^ known.theta) === 1n;
        const isCovered = this.balances[known.from] >= known.amount;
        if (isPaid !== isCovered) faults.push(`a transfer is ${isPaid ? 'paid' : 'cancelled'}, and should not be`);
        if (isPaid) this.#pay(known.from, known.to, known.amount);
      } else if (status.kind === 'revealed' && known?.kind === 'reveal') {
        if (fp.sub(status.y, known.outputMask) !== before[known.account]) faults.push('a balance is revealed wrong');
      } else if (status.kind === 'audited') {
        if (status.sum !== startBalances.reduce((a, b) => a + b)) faults.push('an audit finds another supply');
      } else if (status.kind !== 'opened' && status.kind !== 'rejected')
        faults.push(`an envelope is ${status.kind} that nobody sent`);
    }
    for (const id of burned) if (!this.statuses.has(toHex(id))) this.statuses.set(toHex(id), 'burned');
    return faults;
  }

  #pay(from: number, to: number, amount: bigint): void {
    const change = (account: number) => (account === to ? amount : 0n) - (account === from ? amount : 0n);
    this.balances = this.balances.map((balance, account) => balance + change(account));
  }
}
