/**
 * A bank's long-lived secrets in its data folder. Every file has mode 600 and is on the disk before it is used.
 *
 *     identity.json               Ed25519 identity seed, X25519 sealing secret; made once by `covault bank init`
 *     <network id>/               what it has signed for rosters of that network
 *     store/                      the ledger of one network (`storage/`), and D_ji in F*, one for every other bank i; drawn at the
 *                                 first start, then only at a re-keying
 *     audit-token                 whoever has it, on this machine, may ask this bank for an audit
 *     console-token               whoever has it may look at the console (another place: `console.tokenFile`)
 *
 * The recovery key's private half goes to a file of its own, which the operator takes offline: no bank needs it to run.
 *
 * New MAC keys beside an old ledger would make every share in it unverifiable, and every other bank would name this one
 * as a cheat (protocol.md, section 4, step 4). So keys that are missing or unreadable there stop the bank.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { loadMacKeys, putMacKeys, putPardoned } from '../src/bank/index.js';
import { ed25519, equalBytes, fromHex, systemRandom, toHex, x25519 } from '../src/crypto/index.js';
import { CovaultError } from '../src/errors.js';
import { type BankIdentity, liftsOf, type Network } from '../src/network/index.js';
import type { Randomness, Store } from '../src/ports.js';
import { drawKey } from '../src/sharing/index.js';
import { exists, readTextFile, refuseExisting, writeNewFile } from './files.js';

export interface BankSecrets {
  readonly name: string;
  /** Ed25519, 32 bytes. */
  readonly identitySeed: Uint8Array;
  /** X25519, 32 bytes. */
  readonly sealingSecret: Uint8Array;
  readonly identity: BankIdentity;
}

const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const bankName = z.string().regex(/^[\w.-]{1,64}$/);
const secretsFile = z.strictObject({
  covaultIdentity: z.literal(1),
  name: bankName,
  identitySeed: hex32,
  sealingSecret: hex32,
  recoveryKey: hex32,
});
const publicFile = z.strictObject({
  covaultBank: z.literal(1),
  name: bankName,
  identityKey: hex32,
  sealingKey: hex32,
  recoveryKey: hex32,
});
const recoveryFileShape = z.strictObject({
  covaultRecovery: z.literal(1),
  name: bankName,
  recoverySecret: hex32,
});

const identityPath = (dataFolder: string) => join(dataFolder, 'identity.json');

/** Where what a bank has signed for one network lies. */
export function networkFolder(dataFolder: string, networkId: Uint8Array): string {
  return join(dataFolder, toHex(networkId));
}

/** One for the whole data folder: started for another network, it is refused (STORE_FOREIGN) and not begun anew. */
export function storeFolder(dataFolder: string): string {
  return join(dataFolder, 'store');
}

/** The day of its console; a bank without one begins a new day. */
export const consoleDayFile = (dataFolder: string): string => join(dataFolder, 'console-day');

/** Makes the identity of a new bank. Throws FILE_EXISTS, and BAD_CONFIG for a name that no roster takes. */
export async function createIdentity(
  bank: { readonly dataFolder: string; readonly name: string; readonly recoveryFile: string },
  random: Randomness = systemRandom,
): Promise<BankIdentity> {
  const { dataFolder, name, recoveryFile } = bank;
  if (!bankName.safeParse(name).success) {
    const wanted = '1 to 64 letters, digits, ".", "_", "-"';
    throw new CovaultError('BAD_CONFIG', `name: expected ${wanted}`, { field: 'name', expected: wanted });
  }
  await refuseExisting(identityPath(dataFolder));
  const [identitySeed, sealingSecret, recoverySecret] = [random.bytes(32), random.bytes(32), random.bytes(32)];
  const recoveryKey = x25519.publicKey(recoverySecret);
  // first, so that no identity exists without its recovery key
  const recovery = { covaultRecovery: 1, name, recoverySecret: toHex(recoverySecret) };
  await writeNewFile(recoveryFile, asText(recovery), 'secret');
  await writeNewFile(
    identityPath(dataFolder),
    secretsText({ name, identitySeed, sealingSecret, recoveryKey }),
    'secret',
  );
  return publicHalf(name, identitySeed, sealingSecret, recoveryKey);
}

/** The private half of a recovery key: 32 bytes. Throws FILE_MISSING, MALFORMED. */
export async function readRecoveryKey(file: string): Promise<{ readonly name: string; readonly secret: Uint8Array }> {
  const text = await readTextFile(file, 'the recovery key that `covault bank init` made');
  const read = recoveryFileShape.safeParse(parsed(text));
  if (!read.success) throw new CovaultError('MALFORMED', `${file} is no recovery key`, { what: 'recovery key', file });
  return { name: read.data.name, secret: fromHex(read.data.recoverySecret) };
}

/** The data folder of a rebuilt bank: its old identity under a new sealing key. Throws FILE_EXISTS. */
export async function restoreIdentity(
  at: { readonly dataFolder: string; readonly network: Network; readonly self: number },
  identitySeed: Uint8Array,
  random: Randomness = systemRandom,
): Promise<BankIdentity> {
  const { dataFolder, network, self } = at;
  const { name, recoveryKey } = network.banks[self];
  const sealingSecret = random.bytes(32);
  await writeNewFile(
    identityPath(dataFolder),
    secretsText({ name, identitySeed, sealingSecret, recoveryKey }),
    'secret',
  );
  return publicHalf(name, identitySeed, sealingSecret, recoveryKey);
}

function secretsText(of: Omit<BankSecrets, 'identity'> & { readonly recoveryKey: Uint8Array }): string {
  return asText({
    covaultIdentity: 1,
    name: of.name,
    identitySeed: toHex(of.identitySeed),
    sealingSecret: toHex(of.sealingSecret),
    recoveryKey: toHex(of.recoveryKey),
  });
}

/** Throws FILE_MISSING (no bank was made there), STORE_DAMAGED. */
export async function readIdentity(dataFolder: string): Promise<BankSecrets> {
  const file = identityPath(dataFolder);
  const text = await readTextFile(file, 'a bank is made there with `covault bank init`');
  const read = secretsFile.safeParse(parsed(text));
  if (!read.success) throw damaged(file, 'put back the copy of it that you keep');
  const { name, ...keys } = read.data;
  const [identitySeed, sealingSecret] = [fromHex(keys.identitySeed), fromHex(keys.sealingSecret)];
  const identity = publicHalf(name, identitySeed, sealingSecret, fromHex(keys.recoveryKey));
  return { name, identitySeed, sealingSecret, identity };
}

/** The roster index of a bank. Throws BAD_CONFIG: it is none of the network's, or another key stands in its place. */
export function findSelf(network: Network, identity: BankIdentity): number {
  const self = network.banks.findIndex(bank => equalBytes(bank.identityKey, identity.identityKey));
  const listed = network.banks[self];
  if (
    listed === undefined ||
    listed.name !== identity.name ||
    !equalBytes(listed.sealingKey, identity.sealingKey) ||
    !equalBytes(listed.recoveryKey, identity.recoveryKey)
  ) {
    const names = network.banks.map(bank => bank.name).join(', ');
    const wanted = `the data folder of a bank of this network (${names})`;
    throw new CovaultError('BAD_CONFIG', `dataFolder: expected ${wanted}; it holds the identity of ${identity.name}`, {
      field: 'dataFolder',
      expected: wanted,
    });
  }
  return self;
}

/** What the other banks are given, as text. */
export function encodeIdentity(identity: BankIdentity): string {
  return asText({
    covaultBank: 1,
    name: identity.name,
    identityKey: toHex(identity.identityKey),
    sealingKey: toHex(identity.sealingKey),
    recoveryKey: toHex(identity.recoveryKey),
  });
}

/** `file` is named in errors. Throws MALFORMED. */
export function decodeIdentity(text: string, file: string): BankIdentity {
  const read = publicFile.safeParse(parsed(text));
  if (!read.success) {
    const field = read.error.issues[0].path.join('.') || 'file';
    const why = `not what \`covault bank init\` prints (${field})`;
    throw new CovaultError('MALFORMED', `bank identity ${file}: ${why}`, { what: 'bank identity', file, field });
  }
  const { name, identityKey, sealingKey, recoveryKey } = read.data;
  return {
    name,
    identityKey: fromHex(identityKey),
    sealingKey: fromHex(sealingKey),
    recoveryKey: fromHex(recoveryKey),
  };
}

/**
 * D_ji of this bank j towards every bank i, by roster index, 0 at its own place.
 *
 * `isFresh`: this bank's store of this network holds nothing yet; only then are keys drawn. Throws STORE_DAMAGED.
 */
export async function macKeys(
  at: { readonly store: Store; readonly network: Network; readonly self: number; readonly isFresh: boolean },
  random: Randomness = systemRandom,
): Promise<readonly bigint[]> {
  const { store, network, self, isFresh } = at;
  const known = await loadMacKeys(store);
  if (!known) {
    if (!isFresh) throw damagedKeys();
    const deltas = network.banks.map((_, i) => (i === self ? 0n : drawKey(random)));
    await store.commit([putMacKeys({ lift: liftsOf(network), deltas }), putPardoned(liftsOf(network))]);
    return deltas;
  }
  const { deltas } = known;
  if (deltas.length !== network.banks.length || deltas[self] !== 0n) throw damagedKeys();
  return deltas;
}

const damagedKeys = () =>
  new CovaultError(
    'STORE_DAMAGED',
    'the MAC keys beside the ledger are missing or damaged: have the bank rebuilt by the others (`covault bank recover`)',
  );

/** The token of this bank's operator, made when there is none. */
export async function auditToken(dataFolder: string, random: Randomness = systemRandom): Promise<string> {
  const file = join(dataFolder, 'audit-token');
  const token = await readToken(file, random);
  if (!hex32.safeParse(token).success) throw damaged(file, 'remove it: the next start makes a new one');
  return token;
}

/** The token of the console, made when there is none; whoever provides one makes it long enough. Throws STORE_DAMAGED. */
export async function consoleToken(file: string, random: Randomness = systemRandom): Promise<string> {
  const token = await readToken(file, random);
  if (!/^[\w.~+/=-]{32,256}$/.test(token)) {
    throw damaged(file, 'a token has 32 to 256 letters, digits or . _ ~ + / = -; remove it: the next start makes one');
  }
  return token;
}

async function readToken(file: string, random: Randomness): Promise<string> {
  if (!(await exists(file))) await writeNewFile(file, `${toHex(random.bytes(32))}\n`, 'secret');
  return (await readTextFile(file, 'the operator of the bank may read it')).trim();
}

function publicHalf(name: string, seed: Uint8Array, sealing: Uint8Array, recoveryKey: Uint8Array): BankIdentity {
  return { name, identityKey: ed25519.publicKey(seed), sealingKey: x25519.publicKey(sealing), recoveryKey };
}

const asText = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;

/** Whatever is no JSON is refused by the shape that follows. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(file: string, what: string): CovaultError {
  return new CovaultError('STORE_DAMAGED', `${file} is missing or damaged: ${what}`, { file });
}
