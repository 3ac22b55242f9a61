/** Peers that open more than anybody needs: connections and streams of a stranger, and of a bank of the roster. */
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import test, { type ExecutionContext } from 'ava';
import { createLibp2p } from 'libp2p';
import { uses } from '../../../node/host/index.js';
import { toHex } from '../../../src/crypto/index.js';
import { networkOf, placeOf, seedOf, startBank, stateOf, until } from './world.js';

/** A libp2p node of its own, under the key of bank `who` or of nobody. */
async function node(t: ExecutionContext, who: number) {
  const made = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', seedOf(who)),
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
  });
  t.teardown(() => made.stop());
  return made;
}

const connections = 12;

for (const [who, what] of [
  [99, 'a stranger'],
  [2, 'a bank of the roster'],
] as const) {
  test(`${what} that opens many connections, and says nothing on them, keeps few, and banks link meanwhile`, async t => {
    const network = networkOf(3, 20 + who);
    const bank = await startBank(t, network, 0);
    const peers = await Promise.all(Array.from({ length: connections }, () => node(t, who)));
    const opened = await Promise.all(
      peers.map(peer => peer.dial(multiaddr(bank.host.addresses[0])).catch(() => undefined)),
    );
    const other = await startBank(t, network, 1, { known: [placeOf(bank)] });
    await until(() => stateOf(bank, 1) === 'up' && stateOf(other, 0) === 'up');
    // of one bank four wait for their streams, of a stranger none
    const open = () => opened.filter(connection => connection?.status === 'open').length;
    await until(() => open() <= (who === 99 ? 0 : 4));
    t.deepEqual(
      bank.events.filter(event => event.startsWith('misbehaved')),
      [],
    );
    t.is(stateOf(bank, 1), 'up');
  });
}

test('a bank that opens more streams than three loses the connection, and others keep theirs', async t => {
  const network = networkOf(3, 30);
  const bank = await startBank(t, network, 0);
  const other = await startBank(t, network, 1, { known: [placeOf(bank)] });
  await until(() => stateOf(bank, 1) === 'up' && stateOf(other, 0) === 'up');
  const peer = await node(t, 2);
  const connection = await peer.dial(multiaddr(bank.host.addresses[0]));
  const protocol = `/covault/${toHex(network.id.subarray(0, 8))}/${uses[0]}/2`;
  await Promise.allSettled(
    Array.from({ length: 20 }, () => connection.newStream(protocol, { maxOutboundStreams: 50 })),
  );
  await until(() => connection.status !== 'open' || connection.streams.length <= 1);
  t.is(stateOf(bank, 1), 'up');
  t.is(stateOf(other, 0), 'up');
});
