/** Amendments of the roster: signed by all banks, one after another, and every reason to refuse one. */
import test from 'ava';
import { ed25519, x25519 } from '../../../src/crypto/index.js';
import {
  type Amendment,
  amended,
  amendmentStatement,
  type Change,
  checkedStatement,
  decodeNetworkFile,
  encodeNetworkFile,
  type Network,
} from '../../../src/network/index.js';
import { makeWorld } from '../../harness/banks.js';

const world = makeWorld({ banks: 3, pageSize: 1, balances: [5n] });
const key = (byte: number) => x25519.publicKey(new Uint8Array(32).fill(byte));

function signedBy(network: Network, change: Change): Amendment {
  const statement = amendmentStatement(network, change);
  return { ...change, signatures: world.identitySeeds.map(seed => ed25519.sign(seed, statement)) };
}

const change = { bank: 1, sealingKey: key(1), recoveryKey: key(2) };

test('an amendment that all banks have signed changes one bank and the version; id and identities stay', t => {
  const { network } = world;
  const next = amended(network, signedBy(network, change));
  t.is(next.rosterVersion, network.rosterVersion + 1);
  t.deepEqual(next.id, network.id);
  t.deepEqual(
    next.banks.map(({ identityKey }) => identityKey),
    network.banks.map(({ identityKey }) => identityKey),
  );
  t.like(next.banks[1], { sealingKey: key(1), recoveryKey: key(2) });
  t.deepEqual([next.banks[0], next.banks[2]], [network.banks[0], network.banks[2]]);
});

test('a network file keeps its amendments, and they are checked when it is read', t => {
  const one = amended(world.network, signedBy(world.network, change));
  const two = amended(one, signedBy(one, { bank: 0, sealingKey: key(3), recoveryKey: key(4) }));
  const text = encodeNetworkFile(two, {});
  t.deepEqual(decodeNetworkFile(text).network, two);
  const file = JSON.parse(text);
  const bad = { code: 'BAD_NETWORK_FILE' } as const;
  const [first, second] = file.amendments;
  const flipped = `${first.slice(0, -1)}${first.endsWith('0') ? '1' : '0'}`;
  for (const amendments of [[flipped, second], [second, first], [second], [first, first], [], 'x', [1], ['00']]) {
    t.throws(
      () => decodeNetworkFile(JSON.stringify({ ...file, amendments })),
      bad,
      JSON.stringify(amendments).slice(0, 20),
    );
  }
  t.throws(
    () => decodeNetworkFile(JSON.stringify({ ...file, amendments: [first] })),
    bad,
    'the summary names the version',
  );
});

test('an amendment lacks nobody, is of this very roster, and brings keys that are new', t => {
  const { network } = world;
  const whole = signedBy(network, change);
  const bad = { code: 'BAD_NETWORK_FILE' } as const;
  for (const bank of [0, 1, 2]) {
    const signatures = whole.signatures.map((signature, i) => (i === bank ? new Uint8Array(64) : signature));
    t.throws(() => amended(network, { ...whole, signatures }), bad);
  }
  t.throws(() => amended(network, { ...whole, signatures: whole.signatures.slice(1) }), bad);
  t.throws(() => amended(network, { ...whole, sealingKey: key(9) }), bad);
  t.throws(() => amended(amended(network, whole), whole), bad, 'a second time');
  t.throws(() => checkedStatement(network, { ...change, bank: 3 }), bad);
  t.throws(() => checkedStatement(network, { ...change, sealingKey: network.banks[1].sealingKey }), bad);
  t.throws(() => checkedStatement(network, { ...change, sealingKey: network.banks[0].sealingKey }), bad);
});

test('a sealing key that any bank has had, at genesis or since, never comes back', t => {
  const one = amended(world.network, signedBy(world.network, change));
  const two = amended(one, signedBy(one, { ...change, sealingKey: key(3) }));
  const bad = { code: 'BAD_NETWORK_FILE', message: 'network: the sealing key was in use before' } as const;
  for (const sealingKey of [world.network.banks[1].sealingKey, key(1), key(3)]) {
    const again = { bank: 1, sealingKey, recoveryKey: key(5) };
    t.throws(() => checkedStatement(two, again), bad);
    t.throws(() => amended(two, signedBy(two, again)), bad);
    t.throws(() => checkedStatement(two, { ...again, bank: 0 }), { code: 'BAD_NETWORK_FILE' }, 'nor at another bank');
  }
  t.notThrows(() => checkedStatement(two, { bank: 1, sealingKey: key(6), recoveryKey: key(2) }));
});

test('a pardon changes the version and nothing else, and is kept in the file', t => {
  const { network } = world;
  const one = amended(network, signedBy(network, { lift: 1 }));
  t.is(one.rosterVersion, network.rosterVersion + 1);
  t.deepEqual(one.banks, network.banks);
  t.deepEqual(decodeNetworkFile(encodeNetworkFile(one, {})).network, one);
  const bad = { code: 'BAD_NETWORK_FILE' } as const;
  t.throws(() => amended(one, signedBy(one, { lift: 1 })), bad, 'numbers go up');
  t.throws(() => amended(one, signedBy(network, { lift: 2 })), bad, 'signed for another version');
});
