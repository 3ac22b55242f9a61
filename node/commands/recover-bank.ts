/**
 * `covault bank copy` and `covault bank recover`: a bank that has lost its disk, or has only an old copy of it, gets a new data
 * folder from what every other bank keeps of it.
 *
 *     every other bank    copy      a file for the operator of the lost bank: nothing in it is secret in the open
 *     the lost bank       recover   its recovery key and all the files --> data folder, public identity with a new sealing key
 *
 * Then the banks amend the network (`amend-network.ts`): under the old roster the new folder does not start.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Rebuilt, rebuild } from '../../src/bank/index.js';
import { equalBytes, toHex, utf8, x25519 } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import { type BankIdentity, decodeNetworkFile, type Network } from '../../src/network/index.js';
import { LinkStock } from '../../src/preprocessing/index.js';
import { bankPrefixes } from '../bank.js';
import type { BankConfig } from '../config.js';
import { hasCode, readTextFile, refuseExisting, syncFolder } from '../files.js';
import { auditToken, networkFolder, readRecoveryKey, restoreKeys, storeFolder } from '../keys.js';
import { openLevelStore } from '../storage/index.js';
import { streamGateway } from './gateway-client.js';

export async function copyBank(config: BankConfig, of: string, gateway: string, out: string): Promise<void> {
  await refuseExisting(out);
  const headers = { authorization: `Bearer ${await auditToken(config.dataFolder)}` };
  const body = await streamGateway(gateway, `/v1/copies/${encodeURIComponent(of)}`, headers);
  try {
    await pipeline(Readable.fromWeb(body), createWriteStream(out, { flags: 'wx', mode: 0o600, flush: true }));
  } catch (error) {
    await rm(out, { force: true });
    throw error;
  }
}

export interface Recovered {
  readonly identity: BankIdentity;
  readonly height: number;
}

/** Into a data folder that does not exist. Throws FILE_EXISTS, and what `rebuild` throws; then nothing is left behind. */
export async function recoverBank(
  config: BankConfig,
  options: { readonly recoveryKey: string; readonly copy: readonly string[] },
): Promise<Recovered> {
  const { dataFolder, networkFile } = config;
  const { network } = decodeNetworkFile(await readTextFile(networkFile, 'the network file of all banks'));
  const { name, secret } = await readRecoveryKey(options.recoveryKey);
  const self = findByRecoveryKey(network, name, secret);
  await refuseExisting(join(dataFolder, 'identity.json'));
  await refuseExisting(storeFolder(dataFolder));
  await refuseExisting(networkFolder(dataFolder, network.id));
  try {
    const rebuilt = await writeStore(dataFolder, network, self, secret, options.copy);
    // last: without an identity nothing starts there
    const identity = await restoreKeys({ dataFolder, network, self }, rebuilt.secrets);
    await syncFolder(dataFolder);
    return { identity, height: rebuilt.height };
  } catch (error) {
    await rm(storeFolder(dataFolder), { recursive: true, force: true });
    await rm(networkFolder(dataFolder, network.id), { recursive: true, force: true });
    throw error;
  }
}

function findByRecoveryKey(network: Network, name: string, secret: Uint8Array): number {
  const key = x25519.publicKey(secret);
  const self = network.banks.findIndex(bank => bank.name === name && equalBytes(bank.recoveryKey, key));
  if (self < 0) {
    throw new CovaultError(
      'CANNOT_REBUILD',
      `that is not the recovery key of any bank of network ${toHex(network.id)}`,
    );
  }
  return self;
}

async function writeStore(
  dataFolder: string,
  network: Network,
  self: number,
  recoverySecret: Uint8Array,
  files: readonly string[],
): Promise<Rebuilt> {
  const store = await openLevelStore(storeFolder(dataFolder), { networkId: network.id });
  try {
    const copies = files.map(file => () => piecesOf(file));
    const rebuilt = await rebuild({ network, self, recoverySecret, copies, store });
    const links = new LinkStock(store, utf8(bankPrefixes.links), rebuilt.rosterVersion);
    await links.restore(network.banks.length, rebuilt.secrets.links);
    return rebuilt;
  } finally {
    await store.close();
  }
}

async function* piecesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(file)) yield new Uint8Array(piece as Buffer);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EISDIR', 'EACCES')) throw error;
    throw new CovaultError('FILE_MISSING', `cannot read ${file}: a file that \`covault bank copy\` made`, { file });
  }
}
