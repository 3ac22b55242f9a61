/**
 * One thread that makes envelopes: intents in, bytes with what reads their outcome out. Keys of an account are derived
 * once. Randomness is the system's, never the seed of the traffic.
 *
 * For a submitter, packets are messages of HPKE contexts that are its own and this thread's: two threads cannot count in one.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { systemRandom } from '../../src/crypto/index.js';
import { SubmissionSession } from '../../src/envelope/index.js';
import { assert } from '../../src/errors.js';
import { decodeNetworkFile } from '../../src/network/index.js';
import { type AccountKeys, accountKeys } from '../../src/wallet/keys.js';
import { actingAccount, sealIntent } from '../../src/wallet/seal.js';
import type { Intent } from '../../src/wallet/state.js';

export interface WorkerSettings {
  readonly networkText: string;
  /** All holders' keys follow from it. */
  readonly walletSeed: Uint8Array;
}

export interface Order {
  readonly intents: readonly Intent[];
  readonly expiry: number;
  /** Whose packets they are; without one every packet is sealed alone, as a lone holder does. */
  readonly submitter: number | undefined;
}

/** Envelopes stand one after the other in `bytes`. */
export interface Batch {
  readonly bytes: Uint8Array;
  readonly lengths: readonly number[];
  readonly ids: readonly Uint8Array[];
  /** theta, output mask or 0. */
  readonly secrets: readonly bigint[];
}

const { networkText, walletSeed } = workerData as WorkerSettings;
const { network } = decodeNetworkFile(networkText);
const keys = new Map<number, AccountKeys>();
const sessions = new Map<number, SubmissionSession>();

function keysOf(account: number): AccountKeys {
  const known = keys.get(account) ?? accountKeys(walletSeed, network, account);
  keys.set(account, known);
  return known;
}

function sessionOf(submitter: number): SubmissionSession {
  const known = sessions.get(submitter);
  if (known && !known.isFull) return known;
  const fresh = new SubmissionSession(network, systemRandom);
  sessions.set(submitter, fresh);
  return fresh;
}

function make({ intents, expiry, submitter }: Order): Batch {
  const base = { height: 0, hash: network.id };
  const sealed = intents.map(intent => {
    const seal = submitter === undefined ? undefined : sessionOf(submitter).seal;
    return sealIntent(network, () => keysOf(actingAccount(intent)), intent, base, expiry, systemRandom, seal);
  });
  const lengths = sealed.map(({ bytes }) => bytes.length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const each of sealed) {
    bytes.set(each.bytes, at);
    at += each.bytes.length;
  }
  return { bytes, lengths, ids: sealed.map(({ id }) => id), secrets: sealed.map(({ secret }) => secret) };
}

const port = parentPort;
assert(port !== null, 'a thread of its own');
port.on('message', (order: Order) => {
  const batch = make(order);
  port.postMessage(batch, [batch.bytes.buffer as ArrayBuffer]);
});
