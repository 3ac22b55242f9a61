/** A bank's identity and recovery key as files. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  auditToken,
  consoleToken,
  createIdentity,
  decodeIdentity,
  encodeIdentity,
  findSelf,
  macKeys,
  readIdentity,
} from '../../node/keys.js';
import { putMacKeys } from '../../src/bank/index.js';
import { x25519 } from '../../src/crypto/index.js';
import { CovaultError, type ErrorCode } from '../../src/errors.js';
import { P } from '../../src/field/index.js';
import { type BankIdentity, makeNetwork, type Network } from '../../src/network/index.js';
import { memoryStore } from '../harness/memory-store.js';
import { temporaryFolder } from '../harness/temporary-folder.js';

const newFolder = () => temporaryFolder();
const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

async function refuses(t: ExecutionContext, code: ErrorCode, call: Promise<unknown>): Promise<void> {
  const error = await t.throwsAsync(call, { instanceOf: CovaultError });
  t.is(error?.code, code);
}

async function newBank(name: string) {
  const folder = await newFolder();
  const at = { dataFolder: join(folder, 'data'), name, recoveryFile: join(folder, 'recovery.json') };
  return { ...at, identity: await createIdentity(at) };
}

function networkOf(banks: readonly BankIdentity[], salt = 1): Network {
  const sizes = { accounts: 1, pageSize: 1, amountBits: 40, scale: 2, funded: [] };
  return makeNetwork({ salt: new Uint8Array(32).fill(salt), rosterVersion: 0, banks, ...sizes });
}

async function world() {
  const banks = await Promise.all(['a', 'b', 'c'].map(newBank));
  const network = networkOf(banks.map(bank => bank.identity));
  const { dataFolder } = banks[1];
  return { banks, network, dataFolder, at: { store: memoryStore(), network, self: 1, isFresh: true } };
}

test('an identity is made once, readable by its owner alone, with the recovery key elsewhere', async t => {
  const { dataFolder, recoveryFile, identity } = await newBank('ubz');
  const file = join(dataFolder, 'identity.json');
  t.is(await modeOf(file), 0o600);
  t.is(await modeOf(recoveryFile), 0o600);
  t.is(await modeOf(dataFolder), 0o700);
  const read = await readIdentity(dataFolder);
  t.deepEqual(read.identity, identity);
  t.deepEqual(x25519.publicKey(read.sealingSecret), identity.sealingKey);
  const { recoverySecret } = JSON.parse(await readFile(recoveryFile, 'utf8'));
  t.deepEqual(x25519.publicKey(Buffer.from(recoverySecret, 'hex')), identity.recoveryKey);
  t.false((await readFile(file, 'utf8')).includes(recoverySecret));
});

test('neither an identity nor a recovery key is ever overwritten', async t => {
  const { dataFolder, recoveryFile, name } = await newBank('ubz');
  const [before, recovery] = [await readFile(join(dataFolder, 'identity.json')), await readFile(recoveryFile)];
  const other = join(await newFolder(), 'recovery.json');
  await refuses(t, 'FILE_EXISTS', createIdentity({ dataFolder, name, recoveryFile: other }));
  await t.throwsAsync(stat(other));
  const elsewhere = await newFolder();
  await refuses(t, 'FILE_EXISTS', createIdentity({ dataFolder: elsewhere, name, recoveryFile }));
  await refuses(t, 'FILE_MISSING', readIdentity(elsewhere));
  t.deepEqual([await readFile(join(dataFolder, 'identity.json')), await readFile(recoveryFile)], [before, recovery]);
});

test('a name that no roster takes, and an identity cut short, are refused', async t => {
  const folder = await newFolder();
  const at = { dataFolder: folder, recoveryFile: join(folder, 'r.json') };
  await refuses(t, 'BAD_CONFIG', createIdentity({ ...at, name: 'two words' }));
  const { dataFolder } = await newBank('ubz');
  const file = join(dataFolder, 'identity.json');
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, -9));
  await refuses(t, 'STORE_DAMAGED', readIdentity(dataFolder));
});

test('the public identity is text, strictly read', async t => {
  const { identity } = await newBank('ubz');
  const text = encodeIdentity(identity);
  t.deepEqual(decodeIdentity(text, 'ubz.json'), identity);
  for (const wrong of [
    '',
    'null',
    text.slice(1),
    text.replace(/[0-9a-f]{64}/, 'XY'),
    text.replace('"name"', '"nam"'),
    text.replace('1', '2'),
  ]) {
    const error = t.throws(() => decodeIdentity(wrong, 'ubz.json'), { instanceOf: CovaultError });
    t.is(error.code, 'MALFORMED');
    t.is(error.facts.file, 'ubz.json');
  }
});

test('a bank finds its place in the roster, and a stranger finds none', async t => {
  const { banks, network } = await world();
  banks.forEach(({ identity }, i) => {
    t.is(findSelf(network, identity), i);
  });
  const { identity } = await newBank('d');
  const renamed = { ...banks[0].identity, name: 'z' };
  const resealed = { ...banks[0].identity, sealingKey: identity.sealingKey };
  for (const stranger of [identity, renamed, resealed]) {
    const error = t.throws(() => findSelf(network, stranger), { instanceOf: CovaultError });
    t.is(error.code, 'BAD_CONFIG');
  }
});

test('MAC keys are nonzero field elements, one for every other bank, and stay what they are', async t => {
  const { at } = await world();
  const keys = await macKeys(at);
  t.is(keys[1], 0n);
  t.true(keys.every((key, i) => i === 1 || (key > 0n && key < P)));
  t.not(keys[0], keys[2]);
  t.deepEqual(await macKeys({ ...at, isFresh: false }), keys);
  t.notDeepEqual(await macKeys({ ...at, store: memoryStore() }), keys);
  t.deepEqual(await macKeys(at), keys);
});

test('zero and p are no keys: they are drawn again', async t => {
  const { at } = await world();
  const draws = [0n, P, 1n << 61n, 5n, 7n];
  const random = {
    bytes: () => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, draws.shift() ?? 9n, true);
      return bytes;
    },
  };
  t.deepEqual(await macKeys(at, random), [5n, 0n, 7n]);
});

test('MAC keys that are lost or damaged beside a ledger stop the bank and are not made anew', async t => {
  const { at } = await world();
  const used = { ...at, isFresh: false };
  await refuses(t, 'STORE_DAMAGED', macKeys(used));
  const keys = await macKeys(at);
  for (const deltas of [keys.slice(1), [0n, keys[0], keys[2]], [...keys, 5n], [1n, 2n, 3n], [P, 0n, 5n]]) {
    await at.store.commit([putMacKeys({ lift: 0, deltas })]);
    await refuses(t, 'STORE_DAMAGED', macKeys(used));
    await refuses(t, 'STORE_DAMAGED', macKeys(at));
  }
});

test('the audit token is made once and is readable by the owner alone', async t => {
  const folder = await newFolder();
  const token = await auditToken(folder);
  t.regex(token, /^[0-9a-f]{64}$/);
  t.is(await modeOf(join(folder, 'audit-token')), 0o600);
  t.is(await auditToken(folder), token);
});

test('a console token is made once, for its owner alone; one that is short is refused', async t => {
  const file = join(temporaryFolder(), 'data', 'console-token');
  const token = await consoleToken(file);
  t.regex(token, /^[0-9a-f]{64}$/);
  t.is(await consoleToken(file), token);
  t.is((await stat(file)).mode & 0o777, 0o600);
  await writeFile(file, 'short\n');
  await t.throwsAsync(consoleToken(file), { code: 'STORE_DAMAGED' });
});
