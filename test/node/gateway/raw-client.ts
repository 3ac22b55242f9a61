/** A client over a raw socket, which keeps no rule of HTTP unless a test tells it to. */
import { connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

/** Closed with the test. `localAddress`: of loopback; whom the server takes it for. */
export function openClient(t: ExecutionContext, port: number, localAddress = '127.0.0.1'): RawClient {
  const client = new RawClient(connect({ port, host: '127.0.0.1', localAddress }));
  t.teardown(() => client.socket.destroy());
  return client;
}

/** A connection, and what came over it. */
export class RawClient {
  readonly socket: Socket;
  readonly ended: Promise<void>;
  heard = '';
  #hear = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', data => {
      this.heard += data.toString('latin1');
      this.#hear();
    });
    this.ended = new Promise(resolve => socket.once('close', () => resolve()));
  }

  get status(): number {
    return Number(/^HTTP\/1\.1 (\d+)/.exec(this.heard)?.[1]);
  }

  send(...lines: string[]): this {
    this.socket.write(lines.join('\r\n'), 'latin1');
    return this;
  }

  async until(what: RegExp): Promise<void> {
    while (!what.test(this.heard)) {
      await new Promise<void>(resolve => {
        this.#hear = resolve;
        void this.ended.then(resolve);
      });
      if (this.socket.closed && !what.test(this.heard)) throw new Error(`it closed after: ${this.heard.slice(0, 200)}`);
    }
  }
}

/** A byte of something now and then, for ever. */
export function trickle(t: ExecutionContext, { socket }: RawClient, text: string): void {
  const timer = setInterval(() => socket.write(text), 20);
  socket.once('close', () => clearInterval(timer));
  t.teardown(() => clearInterval(timer));
}
