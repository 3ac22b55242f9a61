/**
 * "Committed" statements: each bank's last one, and which height all n have said it of. A height is also final when the
 * next one is certified.
 */
import { equalBytes } from '../crypto/index.js';
import type { Outbox } from './outbox.js';
import type { CommittedWord, Proof } from './statements.js';

export class Finality {
  readonly #outbox: Outbox;
  readonly #words: (CommittedWord | undefined)[];
  /** The last height known to be final: 0 for none. */
  height: number;

  /** `committed`: the last record on the disk; its certificate makes the one before it final. */
  constructor(banks: number, outbox: Outbox, committed: number) {
    this.height = Math.max(0, committed - 1);
    this.#outbox = outbox;
    this.#words = Array.from({ length: banks }, () => undefined);
  }

  /** A checked statement. Answers with proof if the bank has said something else of that height. */
  add(bank: number, word: CommittedWord): Proof | undefined {
    const before = this.#words[bank];
    if (before && before.height === word.height && !equalBytes(before.hash, word.hash)) {
      return { kind: 'two-committed', bank, first: before, second: word };
    }
    if (!before || before.height < word.height) this.#words[bank] = word;
    return undefined;
  }

  of(bank: number): CommittedWord | undefined {
    return this.#words[bank];
  }

  /** Banks that say they have committed that height. */
  banksAt(height: number): number[] {
    return this.#words.flatMap((word, bank) => (word?.height === height ? [bank] : []));
  }

  /** This bank stands at (height, hash). False if another says that something else stands there. */
  compare(height: number, hash: Uint8Array): boolean {
    if (height > 1) this.#final(height - 1, undefined);
    const words = this.#words.filter(word => word?.height === height) as CommittedWord[];
    if (!words.every(word => equalBytes(word.hash, hash))) return false;
    if (height > 0 && words.length === this.#words.length)
      this.#final(
        height,
        words.map(({ signature }) => signature),
      );
    return true;
  }

  #final(height: number, signatures: readonly Uint8Array[] | undefined): void {
    if (height <= this.height) return;
    this.height = height;
    this.#outbox.push({ type: 'final', height, signatures });
  }
}
