/** Every event of a run as a line, and a digest of all of them: two runs are one if they have the same. */
import { hash, toHex, utf8 } from '../../src/crypto/index.js';

/** Lines hashed at once. */
const batch = 256;

export class Trace {
  readonly #seen: ((line: string) => void) | undefined;
  #digest: Uint8Array = new Uint8Array(32);
  #lines: string[] = [];

  constructor(seen: ((line: string) => void) | undefined) {
    this.#seen = seen;
  }

  add(atMs: number, what: string): void {
    const line = `${atMs.toFixed(3)} ${what}`;
    this.#seen?.(line);
    if (this.#lines.push(line) >= batch) this.#fold();
  }

  #fold(): void {
    this.#digest = hash('simulation/trace', this.#digest, utf8(this.#lines.splice(0).join('\n')));
  }

  get digest(): string {
    this.#fold();
    return toHex(this.#digest);
  }
}
