/**
 * A group in which logarithms are plain to see, Z_p with p = 2^61 - 1 and the generator 1: the base OTs of tests and plays in which
 * they are not the subject, a hundred times as fast as ristretto255. Of no security whatever.
 */
import { hash } from '../../src/crypto/index.js';
import { fp, P } from '../../src/field/index.js';
import type { Group } from '../../src/preprocessing/group.js';

const read = (bytes: Uint8Array): bigint => new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true) % P;

function write(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

const fromUniform = (uniform: Uint8Array): Uint8Array => write(read(hash('cheater/toy-group', uniform)));

export const toyGroup: Group = {
  scalar: fromUniform,
  element: fromUniform,
  multiplyBase: scalar => write(read(scalar)),
  multiply: (scalar, element) => write(fp.mul(read(scalar), read(element))),
  add: (a, b) => write(fp.add(read(a), read(b))),
  subtract: (a, b) => write(fp.sub(read(a), read(b))),
};
