/** Bytes: canonical encoding and strict decoding. */
export { numberedKey, numberIn, under } from './prefix.js';
export { decodeAll, Reader } from './reader.js';
export { Writer } from './writer.js';
