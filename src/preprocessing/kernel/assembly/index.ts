/**
 * The loops of oblivious transfer and of products in WebAssembly, with its vectors of 128 bits. Pointers are byte addresses in
 * linear memory; the host copies what a loop works on into the scratch area, and results out of it (`wasm.ts`).
 *
 * No branch and no address depends on a secret.
 */
export { addToAll, elements, tweak, xor } from './blocks';
export { fold, pack, transpose } from './columns';
export { combineBits, combineRows } from './combine';
export { bits, choose, correct } from './products';

/** Where the scratch area begins: nothing else lives in the memory of this module. */
export function scratch(): usize {
  return __heap_base;
}
