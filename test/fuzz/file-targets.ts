/** Fuzz targets: the files people hand on, what they type, and what a gateway answers. */

import { readPayroll } from '../../node/commands/payroll.js';
import { parseConfig } from '../../node/config.js';
import { decodeIdentity, encodeIdentity } from '../../node/keys.js';
import { seededRandom, utf8 } from '../../src/crypto/index.js';
import { type ErrorCode, errorTable } from '../../src/errors.js';
import {
  decodeAmendment,
  decodeGenesis,
  decodeNetworkFile,
  encodeAmendment,
  encodeGenesis,
  encodeNetworkFile,
} from '../../src/network/index.js';
import { GatewayClient } from '../../src/wallet/client.js';
import {
  decodeAddress,
  decodeClaim,
  encodeAddress,
  encodeClaim,
  formatAmount,
  parseAmount,
  readAccount,
} from '../../src/wallet/index.js';
import { startState } from '../../src/wallet/state.js';
import { newWalletKey, openWallet, sealWallet } from '../../src/wallet/wallet-file.js';
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
const addresses = [0, 3].map(account => encodeAddress(network, account));
const gatewayCodes = (Object.keys(errorTable) as ErrorCode[]).filter(code => errorTable[code] !== 'fatal');

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
  {
    name: 'answer of a gateway',
    covers: ['src/wallet/client.ts readAnswer', 'src/wallet/client.ts readNews', 'src/wallet/client.ts readFacts'],
    form: 'value',
    codes: [...gatewayCodes, 'INTERNAL'],
    samples: [
      utf8(
        '{"records":[{"record":"00ff","certificate":"","committed":["ab"]},{"record":"","certificate":""}],"height":1}',
      ),
      utf8('{"error":{"code":"NOT_READY","message":"later","facts":{"height":3}}}'),
    ],
    again: async bytes => {
      const answer = { status: bytes[0] === 0x20 ? 409 : 200, text: async () => new TextDecoder().decode(bytes) };
      const client = new GatewayClient([{ name: 'a', url: 'http://a.test' }], async () => answer, clock);
      await client.records(1, news => news.length);
      return undefined;
    },
  },
];
