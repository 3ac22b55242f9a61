/** What every kind of worker thread needs. */
export { type PackedError, packError, unpackError } from './packed-error.js';
export { startThread } from './start-thread.js';
