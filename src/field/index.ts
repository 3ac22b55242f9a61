/** F_p with p = 2^61 - 1: elements, vectors and their encodings. */
export { bytesOf, decodeVec, encodeVec, maskInto, maskRuns, maskToField } from './codec.js';
export { fp, mod, P } from './fp.js';
export { borrowed, discard, giveBack } from './lent.js';
export {
  addInto,
  addScaled,
  addScaledInto,
  addVec,
  columnsAt,
  columnsInto,
  concatVec,
  equalVec,
  gather,
  inner,
  innerSegments,
  invVec,
  matVec,
  mulAddInto,
  mulVec,
  negVec,
  powersVec,
  rowsOfColumns,
  runsAt,
  type Segments,
  scaleVec,
  scatterInto,
  subInto,
  subVec,
  sumVec,
  type Vec,
  vec,
  zeros,
} from './vector.js';
