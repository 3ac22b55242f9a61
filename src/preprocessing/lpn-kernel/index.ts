/** The kernel of LPN: rows of a sparse code. */
export { type Code, type Level, type LpnKernel, type Permutation, rowWeight } from './kernel.js';
export { areaBytes, baseMax, wasmLpnKernel } from './wasm.js';
