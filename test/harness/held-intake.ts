/** An intake whose answers wait until they are let go: what happens between a question and its answer. */
import type { Intake, Unopened } from '../../src/bank/index.js';

export class HeldIntake implements Intake {
  /** All that was asked, in order. */
  readonly asked: Unopened[] = [];
  readonly #under: Intake;
  readonly #waiting: (() => void)[] = [];
  /** Which are held from now on. */
  holds: (unopened: Unopened) => boolean = () => false;

  constructor(under: Intake) {
    this.#under = under;
  }

  async open(from: number, unopened: Unopened) {
    this.asked.push(unopened);
    if (this.holds(unopened)) await new Promise<void>(resolve => this.#waiting.push(resolve));
    return this.#under.open(from, unopened);
  }

  get heldCount(): number {
    return this.#waiting.length;
  }

  letGo(): void {
    this.holds = () => false;
    for (const go of this.#waiting.splice(0)) go();
  }
}
