/**
 * All checkers of a run. They see what an `Observer` sees, and nothing of each other; the first violation ends the run.
 */

import { decodeCertified } from '../../../src/agreement/index.js';
import type { LedgerRecord, Verify } from '../../../src/ledger/log.js';
import type { Network } from '../../../src/network/index.js';
import type { StoreOp } from '../../../src/ports.js';
import type { Observer, Report, Truth, Violation } from '../observer.js';
import { Tally } from '../tally.js';
import { NothingLost } from './acknowledged.js';
import { NoBlame } from './blame.js';
import { Conservation } from './conservation.js';
import { History } from './history.js';
import { logPrefix, startsWith } from './keys.js';
import { LedgerInTheClear } from './ledger.js';
import { MasksOnce } from './masks.js';
import { NoNegative } from './negative.js';
import { AppliedOnce } from './once.js';
import { PacketsKept } from './packets.js';
import { Progress } from './progress.js';
import { SharesTogether } from './shares.js';
import { WalletsView } from './wallets.js';

export interface CheckerOptions {
  readonly truth: Truth;
  /** What banks take for the network: the same, but for a canary. */
  readonly believed: Network;
  /** At genesis. */
  readonly balances: readonly number[];
  readonly verify: Verify;
  readonly nowMs: () => number;
  /** A bank runs on an old copy of its disk: the network may stand still, if a bank has halted. */
  readonly isExcused: () => boolean;
  /**
   * The old copy has taken back a record that no other disk held: banks may go on with another in its place. There is still one
   * history, no mask serves twice, and the balances hold; but what was told of that record is not what came of it.
   */
  readonly hasTakenBack: () => boolean;
}

export const checkerNames = [
  'history',
  'shares',
  'conservation',
  'ledger',
  'negative',
  'once',
  'packets',
  'masks',
  'acknowledged',
  'wallets',
  'progress',
  'blame',
] as const;
export type CheckerName = (typeof checkerNames)[number];

type Calls = { [K in keyof Observer]-?: Parameters<NonNullable<Observer[K]>> };

export class Checkers {
  readonly violations: Violation[] = [];
  readonly masks: MasksOnce;
  readonly wallets: WalletsView;
  readonly ledger: LedgerInTheClear;
  readonly tally: Tally;
  readonly #all: readonly Observer[];
  /** Heights that some disk holds. */
  #height = 0;

  constructor({ truth, believed, balances, verify, nowMs, isExcused, hasTakenBack }: CheckerOptions) {
    const { network, parties, sent } = truth;
    const reports =
      (checker: CheckerName): Report =>
      what =>
        void this.violations.push({ checker, what, atMs: nowMs() });
    const unlessTakenBack =
      (report: Report): Report =>
      what =>
        void (hasTakenBack() || report(what));
    this.masks = new MasksOnce(truth, reports('masks'));
    this.tally = new Tally(sent);
    this.ledger = new LedgerInTheClear(balances, network.pageSize, sent, unlessTakenBack(reports('ledger')));
    this.wallets = new WalletsView(network, sent, verify, unlessTakenBack(reports('wallets')));
    const opened: NonNullable<Observer['opened']> = (...together) => this.tell('opened', ...together);
    this.#all = [
      new History(network, verify, reports('history')),
      new SharesTogether(believed, parties, opened, reports('shares')),
      new Conservation(network.supply, reports('conservation')),
      this.ledger,
      new NoNegative(reports('negative')),
      new AppliedOnce(sent, unlessTakenBack(reports('once'))),
      this.masks,
      new PacketsKept(reports('packets')),
      new NothingLost(sent, network.pageSize === 1, unlessTakenBack(reports('acknowledged'))),
      this.wallets,
      this.tally,
      new Progress(reports('progress'), isExcused),
      new NoBlame(reports('blame')),
    ];
  }

  tell<K extends keyof Observer>(what: K, ...facts: Calls[K]): void {
    if (what === 'landed') this.#tellRecords(facts[1] as readonly StoreOp[]);
    for (const checker of this.#all)
      (checker[what] as ((...facts: Calls[K]) => void) | undefined)?.apply(checker, facts);
  }

  /** Records that no disk held before, lowest first. */
  #tellRecords(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      if (op.type !== 'put' || !startsWith(op.key, logPrefix)) continue;
      const { record }: { record: LedgerRecord } = decodeCertified(op.value);
      if (record.height !== this.#height + 1) continue;
      this.#height = record.height;
      this.tell('recorded', record);
    }
  }
}
