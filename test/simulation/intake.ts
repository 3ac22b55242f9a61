/** Packets are opened somewhere else: answers come after a while, in any order, and some never do. */
import { type Intake, openHere, type Unopened } from '../../src/bank/index.js';
import { CovaultError } from '../../src/errors.js';
import type { Party } from '../../src/sharing/index.js';
import type { Draws } from './draws.js';
import type { Schedule } from './schedule.js';

export class SimulatedIntake implements Intake {
  readonly #schedule: Schedule;
  readonly #draws: Draws;
  readonly #under: Intake;
  readonly #waiting = new Set<(error: Error) => void>();

  constructor(schedule: Schedule, draws: Draws, party: Party, sealingSecret: Uint8Array) {
    this.#schedule = schedule;
    this.#draws = draws;
    this.#under = openHere(party, sealingSecret);
  }

  async open(from: number, unopened: Unopened) {
    const ms = this.#draws.chance(0.1) ? this.#draws.between(10, 400) : this.#draws.between(0, 3);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.add(reject);
      this.#schedule.after(ms, () => {
        this.#waiting.delete(reject);
        resolve();
      });
    });
    return this.#under.open(from, unopened);
  }

  /** Who waits gets no answer. */
  fail(): void {
    for (const reject of this.#waiting) reject(new CovaultError('WORKER_LOST', 'the intake has ended'));
    this.#waiting.clear();
  }
}
