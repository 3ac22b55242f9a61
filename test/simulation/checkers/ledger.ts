/**
 * The ledger in the clear agrees: with every status in every record, and with all balances at every height. Written from
 * protocol.md, sections 6 to 8, not from the code that it checks.
 *
 *     reveals    of the balances at the block's start
 *     transfers  wave by wave: the second debit of a page stands in the second wave, and reads what the first has left
 *     opens, rekeys, audits; a key counts as it stands at the block's start, and a page is rekeyed once in a block
 */
import { toHex } from '../../../src/crypto/index.js';
import { fp, type Vec } from '../../../src/field/index.js';
import type { LedgerRecord, Status } from '../../../src/ledger/log.js';
import type { Sent } from '../holders.js';
import type { Observer, Report } from '../observer.js';

interface Entry {
  readonly sent: Sent;
  readonly status: Status;
}

export class LedgerInTheClear implements Observer {
  readonly #pageSize: number;
  readonly #sent: ReadonlyMap<string, Sent>;
  readonly #report: Report;
  readonly #balances: number[];
  readonly #open: boolean[];
  /** By account: how often its keys were replaced. */
  readonly #keys: number[];
  /** By height. */
  readonly #after = new Map<number, readonly number[]>();

  constructor(balances: readonly number[], pageSize: number, sent: ReadonlyMap<string, Sent>, report: Report) {
    this.#pageSize = pageSize;
    this.#sent = sent;
    this.#report = report;
    this.#balances = [...balances];
    this.#open = balances.map(() => false);
    this.#keys = balances.map(() => 0);
  }

  /** How often an account's keys were replaced. */
  version(account: number): number {
    return this.#keys[account];
  }

  recorded({ height, entries }: LedgerRecord): void {
    const known = entries.flatMap(({ id, status }): Entry[] => {
      const sent = this.#sent.get(toHex(id));
      return sent ? [{ sent, status }] : [];
    });
    if (known.length < entries.length) this.#report(`height ${height}: an envelope that no holder has made`);
    const open = [...this.#open];
    const before = [...this.#balances];
    const keys = [...this.#keys];
    for (const entry of known) if (entry.sent.order.kind === 'reveal') this.#reveal(height, entry, before, open);
    for (const wave of this.#waves(known)) this.#wave(height, wave, open);
    for (const entry of known) if (entry.sent.order.kind === 'rekey') this.#rekey(height, entry, keys, open, known);
    for (const entry of known) this.#rest(height, entry);
    this.#after.set(height, [...this.#balances]);
  }

  #expect(height: number, { sent, status }: Entry, expected: string, found: string = status.kind): void {
    if (expected === found) return;
    const { kind } = sent.order;
    this.#report(`height ${height}: a ${kind} should be ${expected} and is ${found} (${sent.id.slice(0, 8)})`);
  }

  #reveal(height: number, entry: Entry, before: readonly number[], open: readonly boolean[]): void {
    const { order, outputMask } = entry.sent;
    if (order.kind !== 'reveal') return;
    const { status } = entry;
    const isOld = this.#isOld(height, entry, order.account);
    const known = isOld ? 'rejected authority' : `revealed ${before[order.account]}`;
    const expected = open[order.account] ? known : 'rejected linear';
    const shown = status.kind === 'revealed' ? `revealed ${fp.sub(status.y, outputMask as bigint)}` : text(status);
    this.#expect(height, entry, expected, shown);
  }

  #waves(entries: readonly Entry[]): Entry[][] {
    const waves: Entry[][] = [];
    const debits = new Map<number, number>();
    for (const entry of entries) {
      const { order } = entry.sent;
      if (order.kind !== 'transfer') continue;
      const page = Math.floor(order.from / this.#pageSize);
      const wave = debits.get(page) ?? 0;
      debits.set(page, wave + 1);
      waves[wave] = [...(waves[wave] ?? []), entry];
    }
    return waves;
  }

  #wave(height: number, wave: readonly Entry[], open: readonly boolean[]): void {
    const before = [...this.#balances];
    for (const entry of wave) {
      const { order, theta } = entry.sent;
      if (order.kind !== 'transfer') continue;
      const { from, to, amount, flaw } = order;
      if (flaw === 'packet') this.#report(`height ${height} holds what a bank could not open`);
      const reason =
        flaw === 'proof'
          ? 'proof'
          : !open[from] || !open[to]
            ? 'linear'
            : flaw === 'key' || this.#isOld(height, entry, from)
              ? 'authority'
              : '';
      const isPaid = reason === '' && before[from] >= amount;
      const { status } = entry;
      const verdict =
        status.kind === 'settled'
          ? (BigInt(status.pi) ^ (theta as bigint)) === 1n
            ? 'paid'
            : 'cancelled'
          : text(status);
      this.#expect(height, entry, reason ? `rejected ${reason}` : isPaid ? 'paid' : 'cancelled', verdict);
      if (!isPaid) continue;
      this.#balances[from] -= amount;
      this.#balances[to] += amount;
    }
  }

  /** Made under keys that were replaced before this block. Where keys are public no bank may propose such a one. */
  #isOld(height: number, { sent }: Entry, account: number): boolean {
    if (sent.version === this.#keys[account]) return false;
    if (this.#pageSize === 1) this.#report(`height ${height} holds what is signed under keys that were replaced`);
    return true;
  }

  #rekey(
    height: number,
    entry: Entry,
    keys: readonly number[],
    open: readonly boolean[],
    known: readonly Entry[],
  ): void {
    const { order } = entry.sent;
    if (order.kind !== 'rekey') return;
    const page = Math.floor(order.account / this.#pageSize);
    const isOfPage = ({ sent }: Entry) =>
      sent.order.kind === 'rekey' && Math.floor(sent.order.account / this.#pageSize) === page;
    if (known.find(isOfPage) !== entry) this.#report(`height ${height} replaces keys of page ${page} twice`);
    const isOld = entry.sent.version !== keys[order.account];
    if (isOld) this.#isOld(height, entry, order.account);
    const reason = !open[order.account] ? 'linear' : isOld ? 'authority' : '';
    this.#expect(height, entry, reason ? `rejected ${reason}` : `rekeyed ${page}`, text(entry.status));
    if (reason === '') this.#keys[order.account]++;
  }

  #rest(height: number, entry: Entry): void {
    const { sent, status } = entry;
    const { order } = sent;
    if (order.kind === 'open') {
      this.#expect(
        height,
        entry,
        this.#open[order.account] ? 'rejected authority' : `opened ${order.account}`,
        text(status),
      );
      this.#open[order.account] = true;
    } else if (order.kind === 'audit') {
      this.#expect(height, entry, `audited ${this.#balances.reduce((a, b) => a + b, 0)}`, text(status));
    }
  }

  opened(height: number, balances: Vec): void {
    const expected = this.#after.get(height);
    const account = expected?.findIndex((balance, i) => fp.mod(BigInt(balance)) !== balances[i]) ?? -1;
    if (account < 0) return;
    this.#report(`height ${height}: account ${account} holds ${balances[account]} instead of ${expected?.[account]}`);
  }
}

function text(status: Status): string {
  switch (status.kind) {
    case 'rejected':
      return `rejected ${status.reason}`;
    case 'opened':
      return `opened ${status.account}`;
    case 'rekeyed':
      return `rekeyed ${status.page}`;
    case 'audited':
      return `audited ${status.sum}`;
    default:
      return status.kind;
  }
}
