/** Preprocessing threads: they make a session's correlations beside the network thread. */
export type { ThreadData } from './messages.js';
export { Preprocessing, type PreprocessingOptions } from './preprocessing.js';
export { startThread } from './start-thread.js';
