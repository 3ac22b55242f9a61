export { type LpnKernel, type Permutation, rowWeight } from './kernel.js';
export { areaBytes, wasmLpnKernel } from './wasm.js';
