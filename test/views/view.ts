/**
 * What a coalition of banks has seen in one run: named pieces of bytes, in the order in which they came, and the field
 * elements that it can work out of them.
 *
 *     shape       name and length of every piece: must be the same in every run of a configuration, whatever the secrets
 *     elements    what the honest bank's shares add up to with the coalition's own
 *     bytes       all pieces, one behind the other, then the elements
 *
 * A distribution is compared on `bytes` bit by bit, on `elements`, and on differences of any two of those that the last block
 * opens (which show a mask used twice).
 */
import { concatBytes } from '../../src/crypto/index.js';
import { bytesOf, type Vec } from '../../src/field/index.js';

export interface View {
  readonly shape: readonly string[];
  readonly bytes: Uint8Array;
  readonly elements: Vec;
  /** Those that the last block opens. */
  readonly opened: Vec;
}

export class Recorder {
  readonly #shape: string[] = [];
  readonly #pieces: Uint8Array[] = [];
  readonly #elements: bigint[] = [];
  #opened: Vec = new BigUint64Array(0);

  /** Copies: what is kept may be used up later. */
  add(name: string, bytes: Uint8Array): void {
    this.#shape.push(`${name}: ${bytes.length}`);
    this.#pieces.push(bytes.slice());
  }

  /** What the coalition works out of a block: its inputs, and what it opens. */
  block(inputs: Vec, opened: Vec): void {
    this.#elements.push(...inputs, ...opened);
    this.#opened = opened;
  }

  done(): View {
    const elements = BigUint64Array.from(this.#elements);
    return {
      shape: this.#shape,
      bytes: concatBytes(...this.#pieces, bytesOf(elements)),
      elements,
      opened: this.#opened,
    };
  }
}
