export { bytesOf, decodeVec, encodeVec, maskRuns, maskToField } from './codec.js';
export { fp, mod, P } from './fp.js';
export { borrowed, giveBack } from './lent.js';
export {
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
  type Segments,
  scaleVec,
  subVec,
  sumVec,
  type Vec,
  vec,
  zeros,
} from './vector.js';
