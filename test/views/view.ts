/**
 * What a coalition of banks has seen in one run: named pieces of bytes, in the order in which they came, and the field
 * elements that it can work out of them.
 *
 *     shape       name and length of every piece: must be the same in every run of a configuration, whatever the secrets
 *     bytes       all pieces, one behind the other
 *     elements    what the honest bank's shares add up to with the coalition's own
 *
 * A distribution is compared on `bytes` bit by bit, on `elements` and on differences of any two of them (which show a mask
 * used twice).
 */
import { concatBytes } from '../../src/crypto/index.js';
import type { Vec } from '../../src/field/index.js';

export interface View {
  readonly shape: readonly string[];
  readonly bytes: Uint8Array;
  readonly elements: Vec;
}

export class Recorder {
  readonly #shape: string[] = [];
  readonly #pieces: Uint8Array[] = [];
  readonly #elements: bigint[] = [];

  /** Copies: what is kept may be used up later. */
  add(name: string, bytes: Uint8Array): void {
    this.#shape.push(`${name}: ${bytes.length}`);
    this.#pieces.push(bytes.slice());
  }

  element(values: Iterable<bigint>): void {
    this.#elements.push(...values);
  }

  done(): View {
    return {
      shape: this.#shape,
      bytes: concatBytes(...this.#pieces),
      elements: BigUint64Array.from(this.#elements),
    };
  }
}
