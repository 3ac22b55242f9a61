/** One channel for many conversations in turn. */
import test from 'ava';
import { RoundsChannel } from '../../../src/preprocessing/rounds-channel.js';
import { memoryNetwork } from '../../harness/memory-channel.js';

const turn = () => new Promise(resolve => setImmediate(resolve));

function setup() {
  const raw = memoryNetwork(3);
  const [channel, one, two] = raw.map(each => new RoundsChannel(each));
  const heard: string[] = [];
  return { raw, channel, one, two, heard, listen: (name: string) => channel.listen(() => heard.push(name)) };
}

test('frames arrive as they were sent, one bank after the other, kept ones first', async t => {
  const { channel, one, listen } = setup();
  listen('first');
  await one.send(0, Uint8Array.of(1, 2));
  await one.send(0, new Uint8Array(0));
  await turn();
  t.deepEqual(await channel.receive(1), Uint8Array.of(1, 2));
  t.deepEqual(await channel.receive(1), new Uint8Array(0));
});

test('who listens again is the one who is called', async t => {
  const { one, listen, heard } = setup();
  listen('first');
  listen('second');
  await one.send(0, Uint8Array.of(1));
  await turn();
  t.deepEqual(heard, ['second']);
});

test('what came while nobody listened is heard at once, until its message is taken', async t => {
  const { channel, one, two, listen, heard } = setup();
  listen('first');
  await one.send(0, Uint8Array.of(1));
  await turn();
  listen('second');
  t.deepEqual(heard, ['first', 'second']);
  const both = Promise.all([channel.receive(1), channel.receive(2)]);
  await two.send(0, Uint8Array.of(2));
  await both;
  listen('third');
  await turn();
  t.deepEqual(heard, ['first', 'second']);
});

test('a frame that its message was already waiting for is not heard', async t => {
  const { channel, one, listen, heard } = setup();
  listen('first');
  const frame = channel.receive(1);
  await one.send(0, Uint8Array.of(1));
  await frame;
  await turn();
  listen('second');
  t.deepEqual(heard, []);
});

test('the end of the session is heard', async t => {
  const { raw, listen, heard, channel } = setup();
  listen('end');
  raw[0].close();
  await turn();
  t.true(heard.includes('end'));
  await t.throwsAsync(channel.receive(1), { code: 'SESSION_ENDED' });
});

for (const frame of [Uint8Array.of(7, 0), new Uint8Array(0)]) {
  test(`a frame of ${frame.length} bytes that is not marked is a deviation of its sender`, async t => {
    const { raw, channel } = setup();
    await raw[2].send(0, frame);
    await t.throwsAsync(channel.receive(2), { code: 'DEVIATION' });
  });
}
