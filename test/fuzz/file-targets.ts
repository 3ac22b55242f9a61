/** Fuzz targets: the files people hand on, what they type, and what a gateway answers. */

import { readPayroll } from '../../node/commands/payroll.js';
import { parseConfig } from '../../node/config.js';
import { decodeIdentity, encodeIdentity } from '../../node/keys.js';
import { seededRandom, utf8 } from '../../src/crypto/index.js';
import { CovaultError, type ErrorCode } from '../../src/errors.js';
import {
  decodeAmendment,
  decodeGenesis,
  decodeNetworkFile,
  encodeAmendment,
  encodeGenesis,
  encodeNetworkFile,
} from '../../src/network/index.js';
import { GatewayClient, gatewayCodes } from '../../src/wallet/client.js';
import {
  decodeAddress,
  decodeClaim,
  decodePayee,
  decodeViewingCode,
  encodeAddress,
  encodeClaim,
  encodeViewingCode,
  formatAmount,
  parseAmount,
  readAccount,
  readPayee,
} from '../../src/wallet/index.js';
import { putAccount, putPoint, startState } from '../../src/wallet/state.js';
import { newWalletKey, openWallet, sealWallet } from '../../src/wallet/wallet-file.js';
import { readState, writeState } from '../../src/wallet/written-state.js';
import { FakeBanks } from '../harness/fake-bank.js';
import { bytesCodes, type FuzzTarget } from './target.js';

const fake = new FakeBanks({ balances: [100n, 0n, 50n, 0n] });
const { network } = fake;
const random = seededRandom(utf8('the files that are fuzzed'));
const key = newWalletKey('pass', { N: 2, r: 1, p: 1 }, random);
const clock = { now: () => 0, after: () => () => {} };

const ofText = (
  name: string,
  covers: readonly string[],
  form: FuzzTarget['form'],
  codes: readonly ErrorCode[],
  samples: readonly string[],
  again: (text: string) => string | undefined,
): FuzzTarget => ({
  name,
  covers,
  form,
  codes,
  samples: samples.map(utf8),
  again: bytes => {
    const text = again(new TextDecoder().decode(bytes));
    return text === undefined ? undefined : utf8(text);
  },
});

const config = {
  name: 'jp_norgan',
  dataFolder: '../data',
  networkFile: 'network.json',
  listen: ['/ip4/127.0.0.1/tcp/4001'],
  known: ['/dns4/ubz.example/tcp/4001'],
  gateway: { host: '127.0.0.1', port: 8001, corsOrigins: ['https://wallet.example'] },
};
const consent = { account: 2, label: 'accountant', version: 1, givenAt: 1_700_000_000_000, height: 9 };
const paid = { id: network.id, account: 2, amount: 7n, memo: 'thanks', height: 8, time: 1_700_000_000_001 };
const known = putPoint(
  {
    ...putAccount(startState('some words', network.id), { account: 2, label: 'cash', version: 1 }),
    rekeys: new Map([[2, 1]]),
    received: [paid],
    consents: [consent, { ...consent, version: 0, withdrawnAtHeight: 12 }],
  },
  { account: 2, balance: 50n, height: 8, time: 1_700_000_000_000 },
);
const written = writeState(known);
const { rekeys, consents, points, received, scanned } = written;
const publicNetwork = new FakeBanks({ balances: [100n, 0n], pageSize: 1 }).network;
const codes = [
  encodeViewingCode(network, { account: 3, version: 2, key: 12345n }),
  encodeViewingCode(publicNetwork, { account: 1, version: 0, key: new Uint8Array(32).fill(9) }),
];
/** What is no JSON object is no wallet: its ciphertext was authenticated. */
function parsed(text: string): Partial<typeof written> {
  try {
    const given: unknown = JSON.parse(text);
    if (typeof given === 'object' && given !== null) return given;
  } catch {}
  throw new CovaultError('MALFORMED', 'no JSON');
}
const ofCode = (text: string) => (text.length > 60 ? publicNetwork : network);
const addresses = [0, 3].map(account => encodeAddress(network, account));

export const fileTargets: readonly FuzzTarget[] = [
  ofText(
    'network file',
    ['src/network/file.ts decodeNetworkFile'],
    'stable',
    ['BAD_NETWORK_FILE'],
    [encodeNetworkFile(network, fake.gateways)],
    text => {
      const file = decodeNetworkFile(text);
      return encodeNetworkFile(file.network, file.gateways);
    },
  ),
  {
    name: 'genesis',
    covers: ['src/network/roster.ts decodeGenesis'],
    form: 'canonical',
    codes: bytesCodes,
    samples: [encodeGenesis(network)],
    again: bytes => encodeGenesis(decodeGenesis(bytes)),
  },
  {
    name: 'amendment of the roster',
    covers: ['src/network/amendment.ts decodeAmendment'],
    form: 'canonical',
    codes: bytesCodes,
    samples: [
      encodeAmendment({
        bank: 1,
        sealingKey: new Uint8Array(32).fill(1),
        recoveryKey: new Uint8Array(32).fill(2),
        signatures: network.banks.map((_, i) => new Uint8Array(64).fill(i)),
      }),
      encodeAmendment({ lift: 3, signatures: [new Uint8Array(64)] }),
    ],
    again: bytes => encodeAmendment(decodeAmendment(bytes)),
  },
  ofText(
    'claim file',
    ['src/wallet/claim.ts decodeClaim'],
    'stable',
    ['MALFORMED'],
    [encodeClaim(fake.claim(0))],
    text => encodeClaim(decodeClaim(text)),
  ),
  ofText(
    'wallet file',
    ['src/wallet/wallet-file.ts openWallet'],
    'value',
    ['MALFORMED', 'BAD_PASSPHRASE'],
    [sealWallet(startState('some words', network.id), key, random)],
    text => void openWallet(text, 'pass'),
  ),
  ofText(
    'what a wallet file has had since version 2',
    ['src/wallet/written-state.ts readState'],
    'value',
    ['MALFORMED'],
    [JSON.stringify({ rekeys, consents, points, received, scanned })],
    text => {
      const given = parsed(text);
      const since = { rekeys: given.rekeys, consents: given.consents, points: given.points };
      readState({ ...written, ...since, received: given.received, scanned: given.scanned });
      return undefined;
    },
  ),
  ofText(
    'viewing code',
    ['src/wallet/viewing-code.ts decodeViewingCode'],
    'stable',
    ['BAD_VIEWING_CODE'],
    [...codes, `covault-view:${codes[0]}`, `COVAULT-VIEW:${codes[1].toUpperCase()}`],
    text => encodeViewingCode(ofCode(text), decodeViewingCode(ofCode(text), text)),
  ),
  ofText(
    'bank identity',
    ['node/keys.ts decodeIdentity'],
    'stable',
    ['MALFORMED'],
    [encodeIdentity(network.banks[0])],
    text => encodeIdentity(decodeIdentity(text, 'a file')),
  ),
  ofText(
    'bank config',
    ['node/config.ts parseConfig'],
    'value',
    ['BAD_CONFIG'],
    [JSON.stringify(config)],
    text => void parseConfig(text, '/configs/bank.json'),
  ),
  ofText(
    'payroll',
    ['node/commands/payroll.ts readPayroll'],
    'value',
    ['MALFORMED', 'BAD_AMOUNT', 'BAD_ADDRESS'],
    [`from,to,amount,reference\r\n0,${addresses[1]},12.50,"rent, May"\n2,1,3,x\n`, 'to,amount,reference\n1,1,a\n'],
    text => void readPayroll(text, network, '0'),
  ),
  ofText(
    'address',
    ['src/wallet/address.ts decodeAddress', 'src/wallet/address.ts readAccount'],
    'stable',
    ['BAD_ADDRESS', 'UNKNOWN_ACCOUNT'],
    [...addresses, addresses[0].toUpperCase(), '3'],
    text => encodeAddress(network, /^[0-9]/.test(text) ? readAccount(network, text) : decodeAddress(network, text)),
  ),
  ofText(
    'amount',
    ['src/wallet/amount.ts parseAmount'],
    'stable',
    ['BAD_AMOUNT'],
    ['12', '12.5', '0.01', '10995116277.75'],
    text => formatAmount(parseAmount(text, network), network.scale),
  ),
  ofText(
    'payee',
    ['src/wallet/address.ts decodePayee', 'src/wallet/address.ts readPayee'],
    'stable',
    ['BAD_ADDRESS', 'UNKNOWN_ACCOUNT'],
    [addresses[1], encodeAddress(network, 2, new Uint8Array(32).fill(9)), '3'],
    text => {
      const { account, memoKey } = /^[0-9]/.test(text) ? readPayee(network, text) : decodePayee(network, text);
      return encodeAddress(network, account, memoKey);
    },
  ),
  {
    name: 'memos that a gateway shows',
    covers: ['src/wallet/client.ts readMemos'],
    form: 'value',
    codes: [...gatewayCodes, 'UNREACHABLE'],
    samples: [
      utf8('{"since":1,"blocks":[{"height":3,"receipts":"00ff","headers":["ab",""]}],"next":4}'),
      utf8('{"error":{"code":"NOT_READY","message":"later","facts":{"height":3}}}'),
    ],
    again: async bytes => {
      const answer = { status: 200, text: async () => new TextDecoder().decode(bytes) };
      await new GatewayClient([{ name: 'a', url: 'http://a.test' }], async () => answer, clock).memos(1, 0);
      return undefined;
    },
  },
  {
    name: 'answer of a gateway',
    covers: ['src/wallet/client.ts readAnswer', 'src/wallet/client.ts readNews', 'src/wallet/client.ts readFacts'],
    form: 'value',
    codes: [...gatewayCodes, 'UNREACHABLE'],
    samples: [
      '{"records":[{"record":"00ff","certificate":"","committed":["ab"]},{"record":"","certificate":""}],"height":1}',
      ' {"error":{"code":"NOT_READY","message":"later","facts":{"height":3,"why":"it waits","final":false}}}',
      '\t{"state":"pending","waitingFor":["ubz"]}',
    ].map(utf8),
    again: readGatewayAnswer,
  },
];

/** White space before it chooses what was asked, and how it is answered. */
async function readGatewayAnswer(bytes: Uint8Array): Promise<undefined> {
  const isError = bytes[0] === 0x20;
  const answer = { status: isError ? 409 : 200, text: async () => new TextDecoder().decode(bytes) };
  const client = new GatewayClient([{ name: 'a', url: 'http://a.test' }], async () => answer, clock);
  try {
    if (bytes[0] === 0x09) await client.follow(new Uint8Array(32), 'unknown', 0);
    else await client.records(1, news => news.length);
  } catch (error) {
    if (error instanceof CovaultError && JSON.stringify([error.message, error.facts]).length > 30_000) {
      throw new Error('an error that is too long to be shown');
    }
    throw error;
  }
  if (isError) throw new Error('an error was taken for an answer');
}
