/**
 * What a bank looks at before it signs to adopt a record, and what it puts on its disk: while it does not run.
 *
 *     the bank ahead     has committed the record as its last: shows it with certificate and entries, and signs
 *     a bank behind      stands one height below, has signed that very record and holds its prepared state: stores that it
 *                        adopts it, then signs; with all words in hand it stores the adoption, which the next start commits
 *
 * Source: protocol.md, section 10; `agreement/adopting.ts` says what it is for.
 */
import {
  type Adoption,
  adoptedBy,
  adoptStatement,
  checkAdoption,
  type Durable,
  durablePrefix,
  isWhole,
  loadDurable,
  loadKept,
  putAdopted,
  putAdoption,
} from '../agreement/index.js';
import { ed25519, equalBytes } from '../crypto/index.js';
import { asDamage, CovaultError } from '../errors.js';
import { loadPrepared } from '../ledger/ledger-store.js';
import { recordHash, rosterVerify } from '../ledger/log.js';
import type { Network } from '../network/index.js';
import type { Store } from '../ports.js';
import { entriesUnder } from './load.js';

export interface AdoptOptions {
  readonly network: Network;
  readonly self: number;
  readonly store: Store;
  /** Ed25519 seed, 32 bytes. */
  readonly identitySeed: Uint8Array;
  /** What the others have shown; nothing: this bank is ahead and shows its own last record. */
  readonly shown: readonly Adoption[];
}

export interface AdoptResult {
  /** All words that were shown, and this bank's. */
  readonly adoption: Adoption;
  /** committed: it stands there already; waits: words are missing; stored: the next start commits it. */
  readonly state: 'committed' | 'waits' | 'stored';
}

/** Throws CANNOT_ADOPT; BAD_CERTIFICATE: what is shown does not hold; STORE_DAMAGED. */
export async function adopt(o: AdoptOptions): Promise<AdoptResult> {
  const { network, self, store, identitySeed, shown } = o;
  const durable = await ownDisk(durableOf(o));
  const adoption = shown.length > 0 ? joined(network, shown) : await ownLast(o, durable);
  const adopted = adoptedBy(adoption);
  const { last } = durable;
  const isCommitted = last !== undefined && equalBytes(recordHash(last.record), adopted.recordHash);
  if (!isCommitted) {
    await checkHeld(o, durable, adoption);
    await store.commit([putAdopted(adopted)]);
  }
  const signature = ed25519.sign(identitySeed, adoptStatement(network.id, adopted));
  const signatures = adoption.signatures.map((each, bank) => (bank === self ? signature : each));
  const whole = { ...adoption, signatures };
  if (isCommitted) return { adoption: whole, state: 'committed' };
  if (!isWhole(whole)) return { adoption: whole, state: 'waits' };
  await store.commit([putAdoption(whole)]);
  return { adoption: whole, state: 'stored' };
}

async function durableOf({ store, network }: AdoptOptions): Promise<Durable> {
  return loadDurable(await entriesUnder(store, durablePrefix), network.banks.length);
}

/** What cannot be read there is damage. */
async function ownDisk<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw asDamage(error);
  }
}

/** One adoption with the words of all that were shown. */
function joined(network: Network, shown: readonly Adoption[]): Adoption {
  const verify = rosterVerify(network);
  for (const each of shown) checkAdoption(network, verify, each);
  const [first] = shown;
  const of = adoptedBy(first).recordHash;
  if (shown.some(each => !equalBytes(adoptedBy(each).recordHash, of)))
    throw cannot('the files are of different records');
  const signatures = network.banks.map((_, bank) => shown.map(each => each.signatures[bank]).find(each => each));
  return { ...first, signatures };
}

async function ownLast({ network, store }: AdoptOptions, { last }: Durable): Promise<Adoption> {
  const entries = last && (await ownDisk(loadKept(store, network.banks.length, last.record.height))).last;
  if (!last || !entries?.every(entry => entry !== undefined)) {
    throw cannot('this bank has committed nothing that it could show: begin at the bank that is ahead');
  }
  return { certified: last, entries: entries as Uint8Array[], signatures: network.banks.map(() => undefined) };
}

/** Certificate and prepared state, and nothing that stands against them. */
async function checkHeld(o: AdoptOptions, durable: Durable, { certified: { record } }: Adoption): Promise<void> {
  const { network, self, store } = o;
  const { height, attempt } = record;
  const lastHeight = durable.last?.record.height ?? 0;
  if (height === lastHeight) throw cannot('this bank has committed another record at that height');
  if (height !== lastHeight + 1) throw cannot(`this bank stands at height ${lastHeight}`);
  const previous = durable.last ? recordHash(durable.last.record) : network.id;
  if (!equalBytes(record.previous, previous)) throw cannot('it does not follow the last record of this bank');
  const { adopted } = durable;
  if (adopted && !equalBytes(adopted.recordHash, recordHash(record))) {
    throw cannot(`this bank has signed to adopt attempt ${adopted.attempt} at that height`);
  }
  const signed = durable.attempts.get(attempt)?.signed;
  if (!signed || !equalBytes(signed.hash, recordHash(record))) {
    throw cannot('this bank does not know of signing that record: its disk is an older copy');
  }
  const reader = { self, count: network.banks.length, deltas: [] };
  if (!(await ownDisk(loadPrepared(store, network, reader))).has(attempt)) {
    throw cannot('this bank does not hold the state that the record leads to');
  }
}

const cannot = (why: string) => new CovaultError('CANNOT_ADOPT', `cannot adopt: ${why}`);
