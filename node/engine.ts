/**
 * How V8 runs a bank: imported before anything that is compiled.
 *
 * V8 forgets the optimised code of a function that was made anew for a call (most arrow functions here) with every full
 * collection, and a loaded bank has one a second: a sixth of its CPU went into compiling the same short functions again. A higher
 * budget leaves those to the baseline compiler, whose code stays; loops that matter are WebAssembly, or reach it soon.
 */
import { setFlagsFromString } from 'node:v8';

/** V8's own: 67,584 (bytes of bytecode run). */
setFlagsFromString('--interrupt-budget=1320000');
