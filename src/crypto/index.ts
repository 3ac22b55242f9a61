/** Cryptographic primitives, each a thin name over a well-kept library. */
export { concatBytes, equalBytes, fromHex, toHex, utf8 } from './bytes.js';
export { ed25519, x25519 } from './curves.js';
export { type Commitment, checkCommitment, commit, Hasher, hash } from './hash.js';
export {
  deriveKeyPair,
  type KeyPair,
  type OpenContext,
  openSealed,
  type SealContext,
  sealTo,
  setupReceiver,
  setupSender,
} from './hpke.js';
export { aeadOpen, aeadSeal, deriveKey, hkdfExpand, hkdfExtract, passwordKey } from './keys.js';
export { aesPermutation, fixedKeyAes, prg, prgInto, prgVec, prgVecInto, seededRandom, systemRandom } from './prg.js';
export type { ScryptCost } from './primitives.js';
