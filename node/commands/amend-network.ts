/**
 * `covault network sign`, `covault bank pardon` and `covault network amend`: the next roster version, in which one bank has a new
 * sealing key, or accusations are lifted.
 *
 *     every bank    sign     looks at the change, and signs it: one for each roster version, kept in its data folder
 *     anybody       amend    the change and all signatures --> the next network file, for all banks and their wallets
 *
 * Every bank is then started again with the new file. What a change may be is `src/network/amendment.ts`; what a bank looks at
 * before it signs a pardon, `sign-pardon.ts`.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { ed25519, equalBytes, fromHex, toHex } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import {
  amended,
  type Change,
  checkedStatement,
  decodeNetworkFile,
  encodeNetworkFile,
  liftsOf,
  type Network,
  type NetworkFile,
} from '../../src/network/index.js';
import { exists, readTextFile, refuseExisting, writeNewFile } from '../files.js';
import { decodeIdentity, networkFolder, readIdentity } from '../keys.js';

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const signatureFile = z.strictObject({
  covaultAmendment: z.literal(1),
  rosterVersion: z.int().min(1),
  bank: z.string().max(64),
  statement: hex(32),
  signature: hex(64),
});

/** The network file as it is, and what changes: the public identity of a bank; none: a pardon. */
export interface Changes {
  readonly network: string;
  readonly bank?: string | undefined;
}

/** What a bank prints, and the others are given. */
export type AmendmentSignature = z.infer<typeof signatureFile>;

/** Throws BAD_CONFIG: the bank has signed another change for that version. */
export async function signAmendment(dataFolder: string, files: Changes): Promise<AmendmentSignature> {
  const { network } = await readNetworkFile(files.network);
  const { name, identitySeed } = await readIdentity(dataFolder);
  const statement = checkedStatement(network, await readChange(network, files.bank));
  const rosterVersion = network.rosterVersion + 1;
  await keepStatement(join(networkFolder(dataFolder, network.id), `roster-${rosterVersion}.signed`), statement);
  const signature = toHex(ed25519.sign(identitySeed, statement));
  return { covaultAmendment: 1, rosterVersion, bank: name, statement: toHex(statement), signature };
}

/** On the disk before the signature is given: a bank signs one roster of a version. */
async function keepStatement(file: string, statement: Uint8Array): Promise<void> {
  if (!(await exists(file))) return writeNewFile(file, `${toHex(statement)}\n`, 'secret');
  const before = (await readTextFile(file, 'what this bank has signed')).trim();
  if (before === toHex(statement)) return;
  const expected = 'the change that this bank has signed for this roster version before, a new key or a pardon';
  throw new CovaultError('BAD_CONFIG', `the next roster version: expected ${expected}`, { field: 'network', expected });
}

/** Throws BAD_NETWORK_FILE: somebody has not signed; FILE_EXISTS. */
export async function amendNetwork(options: {
  readonly network: string;
  readonly bank?: string | undefined;
  readonly signature: readonly string[];
  readonly out: string;
}): Promise<Network> {
  const { network, gateways } = await readNetworkFile(options.network);
  const change = await readChange(network, options.bank);
  const signatures: Uint8Array[] = network.banks.map(() => new Uint8Array(64));
  for (const file of options.signature) {
    const { bank, signature } = readSignature(await readTextFile(file, 'what `covault network sign` prints'), file);
    const index = network.banks.findIndex(({ name }) => name === bank);
    if (index >= 0) signatures[index] = fromHex(signature);
  }
  const next = amended(network, { ...change, signatures });
  await refuseExisting(options.out);
  await writeNewFile(options.out, encodeNetworkFile(next, gateways), 'public');
  return next;
}

export async function readNetworkFile(file: string): Promise<NetworkFile> {
  return decodeNetworkFile(await readTextFile(file, 'the network file as it is now'));
}

/** The bank as it wants to be known. Its identity key says which it is. Without a file: the next pardon. */
async function readChange(network: Network, file: string | undefined): Promise<Change> {
  if (file === undefined) return { lift: liftsOf(network) + 1 };
  const identity = decodeIdentity(await readTextFile(file, 'the public identity of the bank that changes'), file);
  const bank = network.banks.findIndex(
    ({ name, identityKey }) => name === identity.name && equalBytes(identityKey, identity.identityKey),
  );
  if (bank < 0) {
    const expected = 'the public identity of a bank of this network, under its old name and identity key';
    throw new CovaultError('BAD_CONFIG', `--bank: expected ${expected}`, { field: 'bank', expected });
  }
  return { bank, sealingKey: identity.sealingKey, recoveryKey: identity.recoveryKey };
}

function readSignature(text: string, file: string): AmendmentSignature {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const read = signatureFile.safeParse(value);
  if (read.success) return read.data;
  throw new CovaultError('MALFORMED', `${file} is not what \`covault network sign\` prints`, {
    what: 'signature',
    file,
  });
}
