/**
 * Where the banks can be reached: what each says of itself, signed, and what was heard otherwise.
 *
 *     record     bank u8, sequence u64, addresses (list of text), signature 64
 *     signed     H('covault/addresses', network id, all of it before the signature)
 *
 * Banks pass records on, so that a bank that knows one address learns all. Of two records of a bank the one with the
 * higher sequence counts; a bank that hears a higher one of its own than it remembers (its clock went back) goes beyond
 * it. Hints (configuration, mDNS) are not signed: noise decides who answers there.
 *
 * Trust: a record makes others dial an address; it never makes them believe who is there.
 */
import { multiaddr } from '@multiformats/multiaddr';
import { concat } from 'uint8arrays/concat';
import { decodeAll, Writer } from '../../src/codec/index.js';
import { ed25519, hash } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import { addressBytesMax, addressesMax } from '../../src/limits.js';
import type { Network } from '../../src/network/index.js';

export interface AddressRecord {
  readonly bank: number;
  readonly sequence: number;
  readonly addresses: readonly string[];
}

interface Entry {
  record: AddressRecord | undefined;
  bytes: Uint8Array | undefined;
  hints: string[];
  /** Where it was met last. */
  good: string | undefined;
}

const signatureBytes = 64;
export const recordBytesMax = 1 + 8 + 4 + addressesMax * (4 + addressBytesMax) + signatureBytes;

export class AddressBook {
  readonly #network: Network;
  readonly #self: number;
  readonly #seed: Uint8Array;
  readonly #entries: Entry[];

  constructor(network: Network, self: number, identitySeed: Uint8Array) {
    this.#network = network;
    this.#self = self;
    this.#seed = identitySeed;
    this.#entries = network.banks.map(() => ({ record: undefined, bytes: undefined, hints: [], good: undefined }));
  }

  /** This bank's own addresses. True if they are news to the others. `now` in ms of the wall clock. */
  setOwn(addresses: readonly string[], now: number): boolean {
    const kept = addresses.slice(0, addressesMax);
    const { record } = this.#entries[this.#self];
    if (record && kept.join() === record.addresses.join()) return false;
    this.#publish(kept, Math.max(now, (record?.sequence ?? 0) + 1));
    return true;
  }

  #publish(addresses: readonly string[], sequence: number): void {
    const record = { bank: this.#self, sequence, addresses };
    const body = encodeBody(record);
    const signature = ed25519.sign(this.#seed, this.#digest(body));
    const entry = this.#entries[this.#self];
    entry.record = record;
    entry.bytes = concat([body, signature]);
  }

  /** Records of all banks that are known, to pass on. */
  records(): Uint8Array[] {
    return this.#entries.flatMap(({ bytes }) => bytes ?? []);
  }

  /** The bank whose record was news, if it was. Throws MALFORMED, OVERSIZED, BAD_SIGNATURE. */
  learn(bytes: Uint8Array): number | undefined {
    const record = decodeRecord(bytes);
    const entry = this.#entries[record.bank];
    if (entry === undefined) throw new CovaultError('MALFORMED', 'malformed addresses: no such bank');
    const body = bytes.subarray(0, bytes.length - signatureBytes);
    const { identityKey } = this.#network.banks[record.bank];
    if (!ed25519.verify(identityKey, this.#digest(body), bytes.slice(-signatureBytes))) {
      throw new CovaultError('BAD_SIGNATURE', 'addresses are not signed by their bank', { bank: record.bank });
    }
    if (record.sequence <= (entry.record?.sequence ?? -1)) return undefined;
    if (record.bank === this.#self) {
      const own = entry.record;
      if (own === undefined) return undefined;
      this.#publish(own.addresses, record.sequence + 1);
      return this.#self;
    }
    entry.record = record;
    entry.bytes = bytes;
    return record.bank;
  }

  /** Heard of, unsigned. True if it is news. */
  hint(bank: number, address: string): boolean {
    const entry = this.#entries[bank];
    if (this.of(bank).includes(address)) return false;
    entry.hints = [address, ...entry.hints].slice(0, addressesMax);
    return true;
  }

  /** It answered there. */
  met(bank: number, address: string): void {
    this.#entries[bank].good = address;
  }

  /** Where to look for a bank, likeliest first. */
  of(bank: number): string[] {
    const { good, record, hints } = this.#entries[bank];
    return [...new Set([...(good ? [good] : []), ...(record?.addresses ?? []), ...hints])];
  }

  #digest(body: Uint8Array): Uint8Array {
    return hash('covault/addresses', this.#network.id, body);
  }
}

function encodeBody(record: AddressRecord): Uint8Array {
  return new Writer()
    .u8(record.bank)
    .u64(record.sequence)
    .list(record.addresses, (to, address) => to.text(address))
    .done();
}

function decodeRecord(bytes: Uint8Array): AddressRecord {
  return decodeAll(bytes, 'addresses', r => {
    const bank = r.u8();
    const sequence = r.u64();
    const addresses = r.list(addressesMax, each => each.text(addressBytesMax));
    r.fixed(signatureBytes);
    if (!addresses.every(isAddress)) throw r.malformed('one is not a TCP address');
    return { bank, sequence, addresses };
  });
}

/** A TCP address with a host and no peer id: who is there is asked there. */
export function isAddress(text: string): boolean {
  try {
    const names = multiaddr(text)
      .getComponents()
      .map(({ name }) => name);
    return names.length === 2 && /^(ip4|ip6|dns|dns4|dns6)$/.test(names[0]) && names[1] === 'tcp';
  } catch {
    return false;
  }
}
