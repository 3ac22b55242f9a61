/**
 * The primitives by node:crypto (OpenSSL). The package's `browser` field puts `primitives-browser.ts` in its place.
 *
 * Raw curve keys enter OpenSSL wrapped: public ones as JWK (7 us; as DER 75), secret ones as DER, a fixed prefix
 * (RFC 8410) before the 32 bytes, because a JWK would leave them behind in a string that nobody can wipe. Importing a
 * secret (360 us) costs ten times its use, so imported keys are kept: public ones in a bounded map, secret ones only as
 * long as the caller keeps the very array they came in, and only while its bytes are the same (a wiped array is no
 * longer a key).
 */
import {
  type Cipher,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hash as cryptoHash,
  sign as cryptoSign,
  verify as cryptoVerify,
  diffieHellman,
  type KeyObject,
  randomBytes,
  scryptSync,
} from 'node:crypto';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Primitives } from './primitives.js';

type Curve = 'ed25519' | 'x25519';

const jwkCurve = { ed25519: 'Ed25519', x25519: 'X25519' } as const;
/** PrivateKeyInfo of an Ed25519 key, up to its seed. */
const ed25519Prefix = Uint8Array.of(0x30, 0x2e, 0x02, 0x01, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20);

/** Ed25519: banks, and the accounts that pay most; importing costs a third of a verification. X25519: banks. */
const publicKeysMax = { ed25519: 4_096, x25519: 256 } as const;
const publicKeys: Record<Curve, Map<string, KeyObject>> = { ed25519: new Map(), x25519: new Map() };

function importPublic(curve: Curve, raw: Uint8Array): KeyObject {
  const keys = publicKeys[curve];
  const name = Buffer.from(raw).toString('latin1');
  let key = keys.get(name);
  if (key === undefined) {
    const x = Buffer.from(raw).toString('base64url');
    key = createPublicKey({ key: { kty: 'OKP', crv: jwkCurve[curve], x }, format: 'jwk' });
  } else {
    keys.delete(name);
  }
  keys.set(name, key); // last in the map: used last
  if (keys.size > publicKeysMax[curve]) keys.delete(keys.keys().next().value as string);
  return key;
}

interface Secret {
  readonly raw: Uint8Array;
  readonly key: KeyObject;
  publicRaw?: Uint8Array;
}
const secretKeys: Record<Curve, WeakMap<Uint8Array, Secret>> = { ed25519: new WeakMap(), x25519: new WeakMap() };

function importSecret(curve: Curve, raw: Uint8Array): Secret {
  const known = secretKeys[curve].get(raw);
  if (known !== undefined && same(known.raw, raw)) return known;
  const secret: Secret = { raw: raw.slice(), key: curve === 'x25519' ? agreementKey(raw) : signingKey(raw) };
  secretKeys[curve].set(raw, secret);
  return secret;
}

function signingKey(raw: Uint8Array): KeyObject {
  const der = Buffer.concat([ed25519Prefix, raw]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return key;
}

/**
 * A sealed packet takes a new one: as a JWK in 50 us, where OpenSSL's decoder of DER takes 470. The price is a text that
 * nobody can wipe; what the key seals lies beside it. Node reads `d` alone; that `x` must be there is JWK's form.
 */
function agreementKey(raw: Uint8Array): KeyObject {
  const jwk = { kty: 'OKP', crv: jwkCurve.x25519, d: Buffer.from(raw).toString('base64url'), x: anyPublic };
  return createPrivateKey({ key: jwk, format: 'jwk' });
}

const anyPublic = Buffer.alloc(32).toString('base64url');

/** Reads every byte, whatever it finds: one of the arrays is a secret key. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

function publicOf(curve: Curve, raw: Uint8Array): Uint8Array {
  const secret = importSecret(curve, raw);
  secret.publicRaw ??= fromBase64url(createPublicKey(secret.key).export({ format: 'jwk' }).x as string);
  return secret.publicRaw.slice();
}

function fromBase64url(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64url'));
}

/** A Buffer slices differently from a Uint8Array, and must not leave this file. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

/** Of a hash: as a Buffer it takes twice the time, most of it for memory of its own outside the heap. */
function fromBinary(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function joined(...buffers: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(buffers.reduce((sum, buffer) => sum + buffer.length, 0));
  let at = 0;
  for (const buffer of buffers) {
    all.set(buffer, at);
    at += buffer.length;
  }
  return all;
}

/** One call of a cipher: what OpenSSL hands out beyond this is slow to allocate (22 ns a block instead of 5). */
const chunkBytes = 1 << 15;
/** Never written to: the plaintext of every keystream. */
const zeros = new Uint8Array(chunkBytes);

/** `cipher` on `count` bytes in chunks: `input(from, to)` is what it works on. Into `given` where there is one. */
function inChunks(
  cipher: Cipher,
  count: number,
  input: (from: number, to: number) => Uint8Array,
  given?: Uint8Array,
): Uint8Array {
  if (!given && count <= chunkBytes) return plain(cipher.update(input(0, count)));
  const output = given ?? new Uint8Array(count);
  for (let at = 0; at < count; at += chunkBytes) {
    moveInto(output, at, cipher.update(input(at, Math.min(at + chunkBytes, count))));
  }
  return output;
}

/** Below this the collector is cheaper. */
const freedFromBytes = 1 << 12;
const nobody = closedPort();

/**
 * Copies what a cipher has just made, which nobody else holds, to its place in `output`, and gives its memory back at once: to
 * transfer it to a closed port detaches it, and nobody receives it. Node's ciphers write into fresh memory only; left to the
 * collector, a hundred megabytes a second of it make V8 mark the whole heap ten times a second (and forget compiled closures
 * each time), and every piece lies in cold memory instead of the same warm one.
 */
export function moveInto(output: Uint8Array, at: number, made: Buffer): void {
  output.set(made, at);
  if (made.length >= freedFromBytes) nobody.postMessage(undefined, [made.buffer as ArrayBuffer]);
}

function closedPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  port2.close();
  return port1;
}

const gcmName = (key: Uint8Array) => (key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm');
const tagBytes = 16;

export const primitives: Primitives = {
  sha256: bytes => fromBinary(cryptoHash('sha256', bytes, 'binary')),

  sha256Start() {
    const state = createHash('sha256');
    return {
      update: bytes => {
        state.update(bytes);
      },
      digest: () => plain(state.digest()),
    };
  },

  hmacSha256: (key, message) => plain(createHmac('sha256', key).update(message).digest()),

  scrypt: (password, salt, { N, r, p }, count) =>
    plain(scryptSync(password, salt, count, { N, r, p, maxmem: 128 * r * (N + p + 2) + 1024 })).slice(),

  aesCtr(key, count, block, given) {
    const counter = new Uint8Array(16);
    new DataView(counter.buffer).setBigUint64(8, BigInt(block));
    const cipher = createCipheriv('aes-128-ctr', key, counter);
    return inChunks(cipher, count, (from, to) => zeros.subarray(0, to - from), given);
  },

  aesBlocks(key) {
    const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    return (blocks, given) => inChunks(cipher, blocks.length, (from, to) => blocks.subarray(from, to), given);
  },

  gcmSeal(key, nonce, plaintext, aad) {
    const cipher = createCipheriv(gcmName(key), key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(aad);
    return joined(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
  },

  gcmOpen(key, nonce, sealed, aad) {
    const end = sealed.length - tagBytes;
    if (end < 0) return undefined;
    const cipher = createDecipheriv(gcmName(key), key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(aad);
    cipher.setAuthTag(sealed.subarray(end));
    const plaintext = cipher.update(sealed.subarray(0, end));
    try {
      cipher.final();
    } catch {
      plaintext.fill(0); // unverified: nobody may see it
      return undefined;
    }
    return plain(plaintext);
  },

  ed25519PublicKey: seed => publicOf('ed25519', seed),
  ed25519Sign: (seed, message) => plain(cryptoSign(null, message, importSecret('ed25519', seed).key)),
  ed25519Verify(publicKey, message, signature) {
    try {
      return cryptoVerify(null, message, importPublic('ed25519', publicKey), signature);
    } catch {
      return false;
    }
  },

  x25519PublicKey: secret => publicOf('x25519', secret),
  x25519Shared(secret, publicKey) {
    const keys = { privateKey: importSecret('x25519', secret).key, publicKey: importPublic('x25519', publicKey) };
    try {
      return plain(diffieHellman(keys));
    } catch {
      return undefined; // OpenSSL refuses the zero point
    }
  },

  randomBytes: count => plain(randomBytes(count)),
};
