/**
 * Fuzz targets: what stands behind a checksum, a signature or a readable copy, where a change of the whole hardly ever comes. The
 * input is what these are made over, and they are made anew for every input.
 */
import { bech32m } from '@scure/base';
import { AddressBook } from '../../node/host/address-book.js';
import { Writer } from '../../src/codec/index.js';
import { concatBytes, ed25519, hash } from '../../src/crypto/index.js';
import {
  type Amendment,
  amended,
  amendmentStatement,
  decodeAmendment,
  decodeGenesis,
  decodeNetworkFile,
  encodeAmendment,
  encodeGenesis,
  encodeNetworkFile,
  makeNetwork,
} from '../../src/network/index.js';
import { decodePayee, decodeViewingCode, encodeAddress, encodeViewingCode } from '../../src/wallet/index.js';
import { FakeBanks } from '../harness/fake-bank.js';
import { networkOf, seedOf } from '../node/host/world.js';
import { bytesCodes, type FuzzTarget } from './target.js';

const { network } = new FakeBanks({ balances: [100n, 0n, 50n, 0n] });
const { network: publicNetwork } = new FakeBanks({ balances: [100n, 0n], pageSize: 1 });
const payloadOf = (text: string): Uint8Array => bech32m.fromWords(bech32m.decode(text as `${string}1${string}`).words);
/** The bytes of a text have no bound of their own here: a decoder may refuse them, the library for bech32m does not. */
const textOf = (prefix: string, payload: Uint8Array): string => bech32m.encode(prefix, bech32m.toWords(payload), false);

const rostered = networkOf(3);
const seeds = rostered.banks.map((_, index) => seedOf(index));
const recovered = (bank: number): Amendment => ({
  bank,
  sealingKey: new Uint8Array(32).fill(1),
  recoveryKey: new Uint8Array(32).fill(2),
  signatures: [],
});

export const behindTargets: readonly FuzzTarget[] = [
  {
    name: 'payload of an address',
    covers: ['src/wallet/address.ts decodePayee'],
    form: 'canonical',
    codes: ['BAD_ADDRESS'],
    samples: [encodeAddress(network, 3), encodeAddress(network, 2, new Uint8Array(32).fill(9))].map(payloadOf),
    again: bytes => {
      const { account, memoKey } = decodePayee(network, textOf('cov', bytes));
      return payloadOf(encodeAddress(network, account, memoKey));
    },
  },
  ...[network, publicNetwork].map(
    (of): FuzzTarget => ({
      name: `payload of a viewing code, pages of ${of.pageSize}`,
      covers: ['src/wallet/viewing-code.ts decodeViewingCode'],
      form: 'canonical',
      codes: ['BAD_VIEWING_CODE'],
      samples: [0, 7].map(version => {
        const key = of.pageSize > 1 ? 12345n : new Uint8Array(32).fill(9);
        return payloadOf(encodeViewingCode(of, { account: 1, version, key }));
      }),
      again: bytes => payloadOf(encodeViewingCode(of, decodeViewingCode(of, textOf('covview', bytes)))),
    }),
  ),
  {
    name: 'network file of a genesis',
    covers: ['src/network/roster.ts decodeGenesis', 'src/network/file.ts decodeNetworkFile'],
    form: 'canonical',
    codes: [...bytesCodes, 'BAD_NETWORK_FILE'],
    samples: [network, publicNetwork].map(encodeGenesis),
    again: bytes => {
      const file = decodeNetworkFile(encodeNetworkFile(makeNetwork(decodeGenesis(bytes)), {}));
      return encodeGenesis(file.network);
    },
  },
  {
    name: 'amendment that all banks have signed',
    covers: ['src/network/amendment.ts decodeAmendment', 'src/network/file.ts decodeNetworkFile'],
    form: 'canonical',
    codes: [...bytesCodes, 'BAD_NETWORK_FILE'],
    samples: [recovered(1), { lift: 1, signatures: [] }].map(encodeAmendment),
    again: bytes => {
      const { signatures, ...change } = decodeAmendment(bytes);
      const statement = amendmentStatement(rostered, change);
      const signed = { ...change, signatures: seeds.map(seed => ed25519.sign(seed, statement)) };
      const file = decodeNetworkFile(encodeNetworkFile(amended(rostered, signed), {}));
      return encodeAmendment({ ...file.network.amendments[0], signatures });
    },
  },
  {
    name: 'addresses that a bank has signed',
    covers: ['node/host/address-book.ts AddressBook.learn'],
    form: 'canonical',
    codes: bytesCodes,
    samples: [
      new Writer()
        .u8(0)
        .u64(10)
        .list(['/ip4/10.0.0.1/tcp/1', '/dns4/ubz.example/tcp/4001'], (to, each) => to.text(each)),
      new Writer()
        .u8(2)
        .u64(2 ** 40)
        .list([], to => to),
    ].map(w => w.done()),
    again: body => {
      const book = new AddressBook(rostered, 1, seedOf(1));
      const signature = ed25519.sign(seedOf(body[0] ?? 0), hash('covault/addresses', rostered.id, body));
      const bank = book.learn(concatBytes(body, signature));
      if (bank === undefined) return body; // a bank's own record, heard before it has one
      return book.records()[0].slice(0, -signature.length);
    },
  },
];
