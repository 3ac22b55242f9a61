export { decodeVec, encodeVec, maskToField } from './codec.js';
export { fp, mod, P } from './fp.js';
export {
  addScaledInto,
  addVec,
  concatVec,
  equalVec,
  gather,
  inner,
  invVec,
  matVec,
  mulVec,
  negVec,
  powersVec,
  scaleVec,
  subVec,
  sumVec,
  type Vec,
  vec,
  zeros,
} from './vector.js';
