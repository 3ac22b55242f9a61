/**
 * What both implementations of the primitives offer: `primitives-node.ts` (node:crypto) and `primitives-browser.ts`
 * (noble). Raw functions of published standards, without labels or framing: those are put on once, above, so that the
 * two cannot differ in them. Every result is a fresh plain Uint8Array, or `to`, as long as the result, where the caller gives
 * it. Lengths are checked by the caller, in this folder.
 *
 * Not here: anything asynchronous. A run must replay from its randomness, step for step.
 */

/** Cost of scrypt (RFC 7914): 128 * N * r bytes of memory. */
export interface ScryptCost {
  /** CPU and memory cost: a power of two. */
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export interface IncrementalHash {
  update(bytes: Uint8Array): void;
  /** Once; afterwards the object is spent. */
  digest(): Uint8Array;
}

export interface Primitives {
  /** FIPS 180-4. */
  sha256(bytes: Uint8Array): Uint8Array;
  sha256Start(): IncrementalHash;
  /** RFC 2104. */
  hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array;
  /** RFC 7914. */
  scrypt(password: Uint8Array, salt: Uint8Array, cost: ScryptCost, count: number): Uint8Array;
  /** Keystream of AES-128-CTR (SP 800-38A): `count` bytes from block number `block`, counter big endian. */
  aesCtr(key: Uint8Array, count: number, block: number, to?: Uint8Array): Uint8Array;
  /** AES-128 on whole blocks, one by one, under one key: for a public key only (a permutation, not an encryption). */
  aesBlocks(key: Uint8Array): (blocks: Uint8Array, to?: Uint8Array) => Uint8Array;
  /** AES-GCM with a 16- or 32-byte key, 12-byte nonce: ciphertext, then the 16-byte tag. */
  gcmSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array;
  /** Nothing when the tag is wrong. */
  gcmOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined;
  /** RFC 8032. */
  ed25519PublicKey(seed: Uint8Array): Uint8Array;
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** Cofactorless: encode(S*B - h*A) = R, byte for byte. Never throws. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** RFC 7748. */
  x25519PublicKey(secret: Uint8Array): Uint8Array;
  /** Nothing when the shared point is zero. */
  x25519Shared(secret: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined;
  /** From the operating system. */
  randomBytes(count: number): Uint8Array;
}
