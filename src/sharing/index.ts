/** Shares with pairwise tags and keys. */
export { correction, type InputVole, inputKey, inputShares } from './input.js';
export { drawKey } from './mac-key.js';
export {
  addPublic,
  addPublicInto,
  addShares,
  addSharesAt,
  combineRows,
  concatShares,
  gatherShares,
  innerPublic,
  mapPublic,
  mulPublic,
  negShares,
  type Party,
  publicShares,
  rowsOf,
  runShares,
  type Shares,
  scaleShares,
  segmentsPublic,
  setSharesInto,
  sharesFromRows,
  sliceShares,
  subShares,
  sumShares,
  zeroShares,
} from './shares.js';
