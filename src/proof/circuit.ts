/**
 * The input vector of an operation as a small circuit: named fields, linear forms over them, multiplication gates.
 *
 *     x      the input vector: x_0 the tag mask, then the fields in the order they are declared, then the proof
 *     gate   X_g * Y_g = Z_g, each of X, Y, Z a linear form of x           (g = 0 .. M-1; a bit is b*b = b)
 *
 * A circuit says what is claimed; `linear-proof.ts` proves and checks it. Forms are shared between gates, so that a sum
 * which stands in a hundred gates is expanded once.
 *
 * Source: protocol.md, sections 6 and 7; the shape follows fully linear proofs (ePrint 2019/188).
 */
import { assert } from '../errors.js';
import { fp, gather, inner, type Vec, zeros } from '../field/index.js';

/** A run of elements of the input vector. */
export interface Field {
  readonly at: number;
  readonly length: number;
}

/** sum of coefficients * x_index, without a constant. */
export type Form = readonly { readonly index: number; readonly coefficient: bigint }[];

export interface Circuit {
  /** Elements of the whole input vector, proof included. */
  readonly length: number;
  /** M */
  readonly gates: number;
  /** Where the proof stands; of length 0 when there is no gate. */
  readonly proof: Field;
  readonly forms: readonly Form[];
  /** Indices into `forms`, by gate. */
  readonly x: Uint32Array;
  readonly y: Uint32Array;
  readonly z: Uint32Array;
}

/** M gates need f_0, f_1, g_0, g_1 and h at 0, 1, M+2 .. 2M+2. */
export const proofLength = (gates: number): number => (gates === 0 ? 0 : gates + 7);

export class CircuitBuilder {
  #length = 1; // x_0 is the tag mask
  readonly #forms: Form[] = [];
  readonly #single = new Map<number, number>();
  readonly #gates: [number, number, number][] = [];

  /** Declares the next `length` elements. */
  field(length: number): Field {
    const at = this.#length;
    this.#length += length;
    return { at, length };
  }

  /** The element itself as a form; made once. */
  element(index: number): number {
    let form = this.#single.get(index);
    if (form === undefined) {
      form = this.form([{ index, coefficient: 1n }]);
      this.#single.set(index, form);
    }
    return form;
  }

  form(form: Form): number {
    assert(
      form.every(term => term.index < this.#length),
      'a form of declared elements',
    );
    return this.#forms.push(form) - 1;
  }

  /** X * Y = Z, given by form numbers. */
  gate(x: number, y: number, z: number): void {
    this.#gates.push([x, y, z]);
  }

  /** Every element of the field is 0 or 1. */
  bits(field: Field): void {
    for (let i = 0; i < field.length; i++) {
      const bit = this.element(field.at + i);
      this.gate(bit, bit, bit);
    }
  }

  build(): Circuit {
    const gates = this.#gates.length;
    const proof = this.field(proofLength(gates));
    return {
      length: this.#length,
      gates,
      proof,
      forms: this.#forms,
      x: Uint32Array.from(this.#gates, gate => gate[0]),
      y: Uint32Array.from(this.#gates, gate => gate[1]),
      z: Uint32Array.from(this.#gates, gate => gate[2]),
    };
  }
}

/** Values of all forms at x: what is secret goes through the kernel. */
export function evaluateForms(circuit: Circuit, x: Vec): Vec {
  const values = zeros(circuit.forms.length);
  circuit.forms.forEach((form, i) => {
    const indices = Uint32Array.from(form, ({ index }) => index);
    values[i] =
      form.length === 1 && form[0].coefficient === 1n
        ? x[form[0].index]
        : inner(
            BigUint64Array.from(form, ({ coefficient }) => fp.mod(coefficient)),
            gather(x, indices),
          );
  });
  return values;
}

/** weights += the vector whose inner product with x is sum_g lambda_g * form_(which[g])(x). */
export function addFormWeights(circuit: Circuit, weights: Vec, which: Uint32Array, lambda: Vec): void {
  // sums of bigints, reduced once at the end: a circuit has some hundred gates, and each adds an element or two
  const byForm = new Array<bigint>(circuit.forms.length).fill(0n);
  which.forEach((form, g) => {
    byForm[form] += lambda[g];
  });
  const sums = new Map<number, bigint>();
  circuit.forms.forEach((form, i) => {
    const factor = byForm[i];
    if (factor === 0n) return;
    for (const { index, coefficient } of form) {
      sums.set(index, (sums.get(index) ?? weights[index]) + (coefficient === 1n ? factor : factor * coefficient));
    }
  });
  for (const [index, sum] of sums) weights[index] = fp.mod(sum);
}
