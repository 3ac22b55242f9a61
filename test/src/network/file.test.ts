/** The network file: what is read, and every reason to refuse one. */
import test from 'ava';
import { isCode } from '../../../src/errors.js';
import { decodeNetworkFile, encodeNetworkFile, fundedSlot } from '../../../src/network/index.js';
import { makeBanks } from '../ledger/records.js';

const { network } = makeBanks(3);
const gateways = { bank0: 'http://127.0.0.1:8080', bank2: 'https://bank2.example/covault' };
const text = encodeNetworkFile(network, gateways);

/** The field that a changed file is refused for. */
function refusedField(changed: string): unknown {
  try {
    decodeNetworkFile(changed);
    return 'none';
  } catch (error) {
    return isCode(error, 'BAD_NETWORK_FILE') ? error.facts.field : 'other';
  }
}

const changedBy = (change: (file: { [field: string]: unknown }) => unknown): unknown => {
  const file = JSON.parse(text);
  change(file);
  return refusedField(JSON.stringify(file));
};

test('a network file is read as it was written', t => {
  t.deepEqual(decodeNetworkFile(text), { network, gateways });
  t.deepEqual(decodeNetworkFile(encodeNetworkFile(network, {})), { network, gateways: {} });
});

test('every wrong field is named', t => {
  t.is(refusedField('nothing'), 'file');
  t.is(refusedField('[]'), 'file');
  t.is(refusedField(text.slice(0, 99)), 'file');
  t.is(
    changedBy(file => Object.assign(file, { covault: 2 })),
    'covault',
  );
  t.is(
    changedBy(file => Object.assign(file, { colour: 'red' })),
    'colour',
  );
  t.is(
    changedBy(file => Object.assign(file, { genesis: 7 })),
    'genesis',
  );
  t.is(
    changedBy(file => Object.assign(file, { genesis: (file.genesis as string).slice(2) })),
    'genesis',
  );
  t.is(
    changedBy(file => delete file.gateways),
    'gateways',
  );
  t.is(
    changedBy(file => delete file.summary),
    'summary',
  );
});

test('gateways are URLs of banks of the network', t => {
  for (const [name, url] of [
    ['stranger', 'http://127.0.0.1'],
    ['bank0', 'file:///etc/passwd'],
    ['bank0', 'javascript:alert(1)'],
    ['bank0', 'http://name:word@host'],
    ['bank0', 'http://'],
    ['bank0', 8080],
  ]) {
    t.is(
      changedBy(file => Object.assign(file, { gateways: { [name]: url } })),
      `gateways.${name}`,
    );
  }
});

test('a summary that says something else than genesis is refused', t => {
  for (const [field, value] of Object.entries({ id: '00', accounts: 5, scale: 3, supply: '1', banks: [], more: 1 })) {
    const changed = changedBy(file => Object.assign(file.summary as object, { [field]: value }));
    t.is(changed, `summary.${field}`);
  }
});

test('another genesis has another id, which the summary gives away', t => {
  const field = changedBy(file => {
    const genesis = file.genesis as string;
    Object.assign(file, { genesis: (genesis.startsWith('0') ? '1' : '0') + genesis.slice(1) });
  });
  t.is(field, 'summary.id');
});

test('a funded slot is found among any number of them', t => {
  const claimKey = new Uint8Array(32);
  for (const accounts of [[], [5], [0, 3], [2, 3, 9, 40, 41]]) {
    const funded = accounts.map(account => ({ account, balance: 1n, claimKey }));
    for (let account = 0; account < 45; account++) {
      t.is(
        fundedSlot({ ...network, funded }, account),
        funded.find(slot => slot.account === account),
      );
    }
  }
});
