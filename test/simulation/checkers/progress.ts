/**
 * The network makes progress once faults stop: in bounded time all banks stand at one final height, with nothing undecided. Where a
 * bank may halt, one has: nobody waits without a word.
 */
import { isQuiet, type Observer, type Report, type Standing } from '../observer.js';

export class Progress implements Observer {
  readonly #report: Report;
  readonly #mayHalt: () => boolean;

  constructor(report: Report, mayHalt: () => boolean) {
    this.#report = report;
    this.#mayHalt = mayHalt;
  }

  ended(standings: readonly Standing[]): void {
    if (isQuiet(standings)) return;
    if (this.#mayHalt() && standings.some(({ phase }) => phase === 'halted')) return;
    const each = standings.map(
      ({ bank, phase, height, finalHeight, undecided }) =>
        `bank ${bank} ${phase} at ${height}, final ${finalHeight}, ${undecided} undecided`,
    );
    this.#report(`no progress: ${each.join('; ')}`);
  }
}
