/** Real libp2p nodes on this machine. */
import { createServer, type Socket, connect as tcpConnect } from 'node:net';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import test, { type ExecutionContext } from 'ava';
import { createLibp2p } from 'libp2p';
import { uses } from '../../../node/host/index.js';
import { equalBytes, toHex } from '../../../src/crypto/index.js';
import type { Network } from '../../../src/network/index.js';
import { networkOf, placeOf, seedOf, startBank, stateOf, type TestBank, until } from './world.js';

const numbered = (count: number, size = 100) =>
  Array.from({ length: count }, (_, i) => new Uint8Array(size + (i % 7)).fill(i));

/** An address at which a bank has listened and stopped. */
async function freePlace(t: ExecutionContext, network: Network): Promise<string> {
  const bank = await startBank(t, network, 0);
  const place = placeOf(bank);
  await bank.host.stop();
  return place;
}

/** A TCP relay whose connections a test can kill: what is under way is lost. */
async function relay(t: ExecutionContext, target: string) {
  const port = Number(target.split('/').at(-1));
  const sockets = new Set<Socket>();
  const server = createServer(inbound => {
    const outbound = tcpConnect(port, '127.0.0.1');
    for (const [socket, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ]) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const kill = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  t.teardown(() => {
    server.close();
    kill();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server');
  return { place: `/ip4/127.0.0.1/tcp/${address.port}`, kill };
}

test('three banks that know one address find each other, and frames pass every way', async t => {
  const network = networkOf(3);
  const first = await startBank(t, network, 0);
  const known = [placeOf(first)];
  const banks: TestBank[] = [
    first,
    await startBank(t, network, 1, { known }),
    await startBank(t, network, 2, { known }),
  ];
  await until(() => banks.every(bank => bank.host.links().every(link => link.state === 'up')));
  for (const [from, bank] of banks.entries()) {
    for (const to of [0, 1, 2]) {
      if (to === from) continue;
      for (const use of uses) await bank.host.send(to, use, Uint8Array.of(from, to));
    }
  }
  await until(() => banks.every(bank => bank.heard.length === 6));
  for (const [to, bank] of banks.entries()) {
    for (const { from, frame } of bank.heard) t.deepEqual(frame, Uint8Array.of(from, to));
    t.is(bank.events.filter(event => /^up \d 16 0\.\d$/.test(event)).length, 2);
    t.true(bank.host.links().every(link => link.bytesIn > 0 && link.bytesOut > 0 && link.addresses.length > 0));
  }
});

test('banks that are all given the same list, themselves in it, dial each other at once and keep one link', async t => {
  const network = networkOf(2, 1);
  const [placeA, placeB] = [await freePlace(t, network), await freePlace(t, network)];
  const known = [placeA, placeB];
  const [c, d] = await Promise.all([
    startBank(t, network, 0, { listen: [placeA], known }),
    startBank(t, network, 1, { listen: [placeB], known }),
  ]);
  await until(() => stateOf(c, 1) === 'up' && stateOf(d, 0) === 'up');
  await new Promise(resolve => setTimeout(resolve, 300));
  t.deepEqual([c.events, d.events], [['up 1 16 0.1'], ['up 0 16 0.0']]);
});

for (const knowing of [0, 1]) {
  test(`it is enough that bank ${knowing} knows where the other is, with its peer id`, async t => {
    const network = networkOf(2, 2);
    const asked = await startBank(t, network, 1 - knowing);
    const asking = await startBank(t, network, knowing, { known: [...asked.host.addresses] });
    await until(() => stateOf(asking, 1 - knowing) === 'up' && stateOf(asked, knowing) === 'up');
    t.pass();
  });
}

test('a peer that offers only mplex is accepted', async t => {
  const network = networkOf(2, 3);
  const a = await startBank(t, network, 0);
  const b = await startBank(t, network, 1, { known: [placeOf(a)], muxers: ['mplex'] });
  await until(() => stateOf(b, 0) === 'up' && stateOf(a, 1) === 'up');
  const large = new Uint8Array(6_000_000).fill(5);
  await Promise.all([b.host.send(0, 'preprocessing', large), a.host.send(1, 'preprocessing', large)]);
  await until(() => a.heard.length === 1 && b.heard.length === 1);
  t.true(equalBytes(a.heard[0].frame, large) && equalBytes(b.heard[0].frame, large));
});

test('a stranger gets no protocol, whoever dials', async t => {
  const network = networkOf(2, 4);
  const warned: string[] = [];
  const log = { info() {}, warn: (event: string) => warned.push(event) };
  const bank = await startBank(t, network, 0, { log });
  const stranger = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', seedOf(99)),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  });
  t.teardown(() => stranger.stop());
  const protocol = `/covault/${toHex(network.id.subarray(0, 8))}/agreement/2`;
  // any: libp2p throws an event at times, which is no Error
  await t.throwsAsync(stranger.dialProtocol(multiaddr(bank.host.addresses[0]), protocol), { any: true });
  t.deepEqual(warned, ['stranger-refused']);

  const place = stranger
    .getMultiaddrs()[0]
    .toString()
    .replace(/\/p2p\/.*/, '');
  const dialling = await startBank(t, network, 1, { known: [place], log });
  await until(() => warned.length === 2);
  t.deepEqual([bank.events, dialling.events], [[], []]);
  t.deepEqual(stranger.getConnections(), []);
});

test('a bank of the roster in another network is not linked', async t => {
  const a = await startBank(t, networkOf(2, 5), 0);
  await startBank(t, networkOf(2, 6), 1, { known: [placeOf(a)] });
  await new Promise(resolve => setTimeout(resolve, 300));
  t.deepEqual(a.events, []);
});

test('connections that are killed again and again lose no frame and no link', async t => {
  const network = networkOf(2, 7);
  const place = await freePlace(t, network);
  // Nobody is told of any other way.
  const announce = ['/ip4/127.0.0.1/tcp/9'];
  const a = await startBank(t, network, 0, { listen: [place], announce });
  const between = await relay(t, place);
  const b = await startBank(t, network, 1, { known: [between.place], announce });
  await until(() => stateOf(a, 1) === 'up' && stateOf(b, 0) === 'up');
  const frames = numbered(60, 200_000);
  const sendAll = async (bank: TestBank, to: number) => {
    for (const [i, frame] of frames.entries()) {
      await bank.host.send(to, 'agreement', frame);
      if (i % 20 === 10 && bank === a) between.kill();
    }
  };
  await Promise.all([sendAll(a, 1), sendAll(b, 0)]);
  await until(() => a.heard.length === frames.length && b.heard.length === frames.length);
  for (const bank of [a, b]) t.true(bank.heard.every(({ frame }, i) => equalBytes(frame, frames[i])));
  t.deepEqual([a.events, b.events], [['up 1 16 0.1'], ['up 0 16 0.0']]);
});

test('a bank that starts again is a new link: down once, up once', async t => {
  const network = networkOf(2, 8);
  const a = await startBank(t, network, 0);
  const b = await startBank(t, network, 1, { known: [placeOf(a)] });
  await until(() => stateOf(a, 1) === 'up');
  const listen = [placeOf(b)];
  await b.host.stop();
  await until(() => stateOf(a, 1) === 'down');
  t.like(await t.throwsAsync(a.host.send(1, 'agreement', new Uint8Array(1))), { code: 'SESSION_ENDED' });
  const again = await startBank(t, network, 1, { listen, known: [placeOf(a)] });
  await until(() => stateOf(a, 1) === 'up' && stateOf(again, 0) === 'up');
  t.deepEqual(
    a.events.map(event => event.slice(0, 6)),
    ['up 1 1', 'down 1', 'up 1 1'],
  );
  t.deepEqual(
    b.events.map(event => event.slice(0, 6)),
    ['up 0 1', 'down 0'],
  );
});

test('a handler that is slow holds its sender back, and nobody else', async t => {
  const network = networkOf(2, 9);
  let go = () => {};
  const gate = new Promise<void>(resolve => {
    go = resolve;
  });
  const a = await startBank(t, network, 0, {}, () => gate);
  const b = await startBank(t, network, 1, { known: [placeOf(a)] });
  await until(() => stateOf(b, 0) === 'up');
  let sent = 0;
  const sending = (async () => {
    for (; sent < 30; sent++) await b.host.send(0, 'preprocessing', new Uint8Array(1_000_000));
  })();
  await until(() => sent >= 4);
  await b.host.send(0, 'agreement', new Uint8Array(1));
  await until(() => a.heard.some(({ use }) => use === 'agreement'));
  await new Promise(resolve => setTimeout(resolve, 200));
  t.true(sent < 12, `${sent} MB were let in`);
  go();
  await sending;
  await until(() => a.heard.length === 31);
  t.deepEqual(b.events, ['up 0 16 0.0']);
});

test('a bank that talks nonsense is named and dropped', async t => {
  const network = networkOf(2, 10);
  const a = await startBank(t, network, 0);
  const cheat = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', seedOf(1)),
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  });
  t.teardown(() => cheat.stop());
  const connection = await cheat.dial(multiaddr(a.host.addresses[0]));
  const protocol = `/covault/${toHex(network.id.subarray(0, 8))}`;
  const streams = await Promise.all(uses.map(use => connection.newStream(`${protocol}/${use}/2`)));
  streams[1].send(new Uint8Array(100).fill(255));
  await until(() => a.events.length > 0);
  t.regex(a.events[0], /^misbehaved 1/);
  await until(() => connection.status !== 'open');
});

test('addresses that their bank did not sign are nonsense', async t => {
  const network = networkOf(3, 11);
  const a = await startBank(t, network, 0);
  const cheat = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', seedOf(1)),
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  });
  t.teardown(() => cheat.stop());
  const connection = await cheat.dial(multiaddr(a.host.addresses[0]));
  const stream = await connection.newStream(`/covault/${toHex(network.id.subarray(0, 8))}/addresses/1`);
  // One list of one record of 77 bytes: bank 2, sequence 0, no addresses, a signature of zeros.
  const record = new Uint8Array(77);
  record[0] = 2;
  stream.send(Uint8Array.from([85, 0, 0, 0, 1, 0, 0, 0, 77, 0, 0, 0, ...record]));
  await until(() => a.events.length > 0);
  t.regex(a.events[0], /^misbehaved 1/);
});

test('a port in use, a bad address, a foreign seed are told apart', async t => {
  const network = networkOf(2, 12);
  const a = await startBank(t, network, 0);
  const error = await t.throwsAsync(startBank(t, network, 1, { listen: [placeOf(a)] }));
  t.like(error, { code: 'PORT_IN_USE', facts: { address: placeOf(a) } });
  const badConfig = [{ listen: ['nonsense'] }, { known: ['/ip4/1.2.3.4/tcp/x'] }, { identitySeed: seedOf(7) }];
  for (const options of badConfig) {
    t.like(await t.throwsAsync(startBank(t, network, 1, options)), { code: 'BAD_CONFIG' });
  }
});
