/** WebSockets at the gateway whose frames no client library would send: cut off, without memory for what they announce. */
import { connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { startGateway } from '../../../node/gateway/index.js';
import { submissionMessageBytesMax } from '../../../src/limits.js';
import { FakeBank, memoryLog } from './fake-bank.js';

async function open(t: ExecutionContext) {
  const gateway = await startGateway(new FakeBank(), {
    host: '127.0.0.1',
    port: 0,
    networkFile: '{}',
    log: memoryLog(),
  });
  t.teardown(() => gateway.stop());
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  const ended = new Promise<void>(resolve => socket.once('close', () => resolve()));
  const key = Buffer.alloc(16, 7).toString('base64');
  socket.write(
    `GET /v1/submissions HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
  );
  await new Promise<void>(resolve => socket.once('data', () => resolve()));
  socket.resume();
  const isServed = async () => (await fetch(`${gateway.url}/v1/health`)).status === 200;
  return { socket, ended, isServed };
}

/** A frame of a client, under a mask of zeros; `announced`: its length as it says, whatever follows. */
function frame(opcode: number, isLast: boolean, payload: Uint8Array, announced = payload.length): Uint8Array {
  const head = Buffer.alloc(14);
  head[0] = (isLast ? 0x80 : 0) | opcode;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(announced), 2);
  return Buffer.concat([head, payload]);
}

async function flood(socket: Socket, bytes: Uint8Array): Promise<void> {
  while (!socket.destroyed) {
    if (!socket.write(bytes)) {
      await new Promise<void>(resolve => {
        socket.once('drain', resolve);
        socket.once('close', () => resolve());
      });
    }
  }
}

for (const announced of [submissionMessageBytesMax + 1, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
  test(`a frame that announces ${announced} bytes ends its session before they come`, async t => {
    const { socket, ended, isServed } = await open(t);
    socket.write(frame(2, true, new Uint8Array(10), announced));
    await ended;
    t.true(await isServed());
  });
}

test('a message in fragments without end is cut off at the bound of a message', async t => {
  const { socket, ended, isServed } = await open(t);
  socket.write(frame(2, false, new Uint8Array(1_000)));
  await Promise.all([flood(socket, frame(0, false, new Uint8Array(1_000))), ended]);
  t.true(socket.bytesWritten < 64 * submissionMessageBytesMax);
  t.true(await isServed());
});

test('a frame without a mask, of an unknown kind, or with reserved bits ends its session', async t => {
  for (const bytes of [
    [0x82, 0x01, 0x00],
    [0x83, 0x80, 0, 0, 0, 0],
    [0xf2, 0x80, 0, 0, 0, 0],
  ]) {
    const { socket, ended, isServed } = await open(t);
    socket.write(Uint8Array.from(bytes));
    await ended;
    t.true(await isServed());
  }
});
