/** A network of n banks with known keys, and records of it: for tests of the log and of the agreement. */
import { ed25519, seededRandom, utf8, x25519 } from '../../../src/crypto/index.js';
import {
  type Certificate,
  committedStatement,
  type LedgerRecord,
  recordHash,
  recordStatement,
} from '../../../src/ledger/log.js';
import { amended, amendmentStatement, type Change, makeNetwork, type Network } from '../../../src/network/index.js';

export interface Banks {
  readonly network: Network;
  /** Identity seeds, by bank. */
  readonly seeds: readonly Uint8Array[];
}

const random = (label: string) => seededRandom(utf8(label.padEnd(32, '.')));

export function makeBanks(count: number, label = 'banks'): Banks {
  const source = random(label);
  const seeds = Array.from({ length: count }, () => source.bytes(32));
  const network = makeNetwork({
    salt: source.bytes(32),
    rosterVersion: 0,
    banks: seeds.map((seed, i) => ({
      name: `bank${i}`,
      identityKey: ed25519.publicKey(seed),
      sealingKey: x25519.publicKey(source.bytes(32)),
      recoveryKey: x25519.publicKey(source.bytes(32)),
    })),
    accounts: 4,
    pageSize: 1,
    amountBits: 40,
    scale: 2,
    funded: [{ account: 1, balance: 100n, claimKey: source.bytes(32) }],
  });
  return { network, seeds };
}

/** The network under its next roster version, signed by all. */
export function amendedBy({ network, seeds }: Banks, change: Change): Network {
  const statement = amendmentStatement(network, change);
  return amended(network, { ...change, signatures: seeds.map(seed => ed25519.sign(seed, statement)) });
}

export const idOf = (text: string | number) => random(`id ${text}`).bytes(32);

export function makeRecord(network: Network, over: Partial<LedgerRecord> = {}): LedgerRecord {
  return {
    networkId: network.id,
    rosterVersion: network.rosterVersion,
    height: 1,
    attempt: 1,
    previous: network.id,
    entries: [],
    burned: [],
    digest: idOf('digest'),
    receiptsHash: idOf('receipts'),
    supply: network.supply,
    recoveryHashes: [],
    ...over,
  };
}

export function certify({ network, seeds }: Banks, record: LedgerRecord): Certificate {
  const at = { recordHash: recordHash(record), height: record.height, attempt: record.attempt };
  return seeds.map((seed, bank) => {
    const commitment = idOf(`state ${bank}`);
    return { commitment, signature: ed25519.sign(seed, recordStatement(network.id, at, bank, commitment)) };
  });
}

export function signCommitted({ network, seeds }: Banks, record: LedgerRecord): Uint8Array[] {
  const statement = committedStatement(network.id, record.height, recordHash(record));
  return seeds.map(seed => ed25519.sign(seed, statement));
}

/** `contents[i]` are the entries' and burned ids of height i + 1. */
export function makeChain(banks: Banks, contents: { entries?: string[]; burned?: string[] }[]): LedgerRecord[] {
  const records: LedgerRecord[] = [];
  let previous = banks.network.id;
  for (const { entries = [], burned = [] } of contents) {
    const record = makeRecord(banks.network, {
      height: records.length + 1,
      previous,
      entries: entries.map(name => ({ id: idOf(name), status: { kind: 'settled', pi: 1 } })),
      burned: burned.map(idOf).sort(Buffer.compare),
    });
    records.push(record);
    previous = recordHash(record);
  }
  return records;
}
