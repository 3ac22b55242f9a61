/**
 * `covault network adopt`: banks that a proven cheat has brought apart sign which record stands at the height. What a bank looks
 * at before it signs is `src/bank/adopt.ts`.
 *
 *     the bank ahead      adopt                             --> its file: the record, and its word
 *     every other bank    adopt --of that file              --> its file: the same, and its own word too
 *     those behind        adopt --of every bank's file      all words are there: the next start commits the record
 */
import { z } from 'zod';
import { type AdoptResult, adopt, decodeAdoption, encodeAdoption } from '../../src/bank/index.js';
import { fromHex, toHex } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import { decodeNetworkFile } from '../../src/network/index.js';
import type { BankConfig } from '../config.js';
import { exists, readTextFile } from '../files.js';
import { findSelf, readIdentity, storeFolder } from '../keys.js';
import { openLevelStore } from '../storage/index.js';

const adoptionFile = z.strictObject({
  covaultAdopt: z.literal(1),
  bank: z.string().max(64),
  height: z.int().min(1),
  attempt: z.int().min(1),
  adoption: z.string().regex(/^([0-9a-f]{2})+$/),
});

/** What a bank prints, and the others are given. Only `adoption` counts; the rest is for people. */
export type AdoptionFile = z.infer<typeof adoptionFile>;

/** Of a bank that does not run. Throws CANNOT_ADOPT, BAD_CERTIFICATE, MALFORMED, STORE_LOCKED. */
export async function adoptRecord(
  config: BankConfig,
  files: readonly string[],
): Promise<{ readonly file: AdoptionFile; readonly state: AdoptResult['state'] }> {
  const { dataFolder, networkFile } = config;
  const { network } = decodeNetworkFile(await readTextFile(networkFile, 'the network file of all banks'));
  const { name, identity, identitySeed } = await readIdentity(dataFolder);
  const self = findSelf(network, identity);
  const shown = await Promise.all(
    files.map(async file =>
      decodeAdoption(fromHex(readAdoption(await readTextFile(file, 'what `covault network adopt` prints'), file))),
    ),
  );
  const folder = storeFolder(dataFolder);
  if (!(await exists(folder)))
    throw new CovaultError('FILE_MISSING', `there is no ledger in ${folder}`, { file: folder });
  const store = await openLevelStore(folder, { networkId: network.id });
  try {
    const { adoption, state } = await adopt({ network, self, store, identitySeed, shown });
    const { height, attempt } = adoption.certified.record;
    const file = { covaultAdopt: 1, bank: name, height, attempt, adoption: toHex(encodeAdoption(adoption)) } as const;
    return { file, state };
  } finally {
    await store.close();
  }
}

function readAdoption(text: string, file: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const read = adoptionFile.safeParse(value);
  if (read.success) return read.data.adoption;
  throw new CovaultError('MALFORMED', `${file} is not what \`covault network adopt\` prints`, {
    what: 'adoption',
    file,
  });
}
