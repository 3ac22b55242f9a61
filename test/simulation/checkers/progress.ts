/** The network makes progress once faults stop: in bounded time all banks stand at one final height, with nothing undecided. */
import { isQuiet, type Observer, type Report, type Standing } from '../observer.js';

export class Progress implements Observer {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  ended(standings: readonly Standing[]): void {
    if (isQuiet(standings)) return;
    const each = standings.map(
      ({ bank, phase, height, finalHeight, undecided }) =>
        `bank ${bank} ${phase} at ${height}, final ${finalHeight}, ${undecided} undecided`,
    );
    this.#report(`no progress: ${each.join('; ')}`);
  }
}
