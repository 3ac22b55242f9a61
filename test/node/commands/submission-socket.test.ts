/** The wallet's two ways to a WebSocket, at a real gateway: `ws` in Node, the global class of browsers. */
import test from 'ava';
import { WebSocket } from 'ws';
import { connectSubmission } from '../../../node/commands/submission-socket.js';
import { startGateway } from '../../../node/gateway/index.js';
import { submissionWindow } from '../../../src/limits.js';
import { defaultConnect } from '../../../src/wallet/ports.js';
import { SubmissionLink, type SubmissionNews } from '../../../src/wallet/submission-link.js';
import { realClock } from '../../harness/network.js';
import { FakeBank, memoryLog } from '../gateway/fake-bank.js';

test.serial('where there is no WebSocket a host is told to bring one', t => {
  if ('WebSocket' in globalThis) return t.pass();
  t.throws(() => defaultConnect('ws://127.0.0.1:1', { message: () => {}, closed: () => {} }), { code: 'BAD_CONFIG' });
});

for (const name of ['ws', 'global'] as const) {
  test.serial(`${name}: opens, sends and hears; a gateway that stops or is not there is noticed`, async t => {
    if (name === 'global') Object.assign(globalThis, { WebSocket });
    const connect = name === 'ws' ? connectSubmission : defaultConnect;
    const bank = new FakeBank();
    const gateway = await startGateway(bank, { host: '127.0.0.1', port: 0, networkFile: '{}', log: memoryLog() });
    const heard: [string, SubmissionNews][] = [];
    let closed = () => {};
    const end = new Promise<void>(done => {
      closed = done;
    });
    let hear = () => {};
    const link = await SubmissionLink.open(gateway.url, connect, realClock, {
      closed,
      news: (of, news) => {
        heard.push([of, news]);
        hear();
      },
    });
    t.is(link.room, submissionWindow);
    const answered = new Promise<void>(done => {
      hear = done;
    });
    link.send('one', Uint8Array.of(7, 8));
    await answered;
    t.like(heard, [['one', { kind: 'accepted', number: 0 }]]);
    t.deepEqual(bank.submitted, [Uint8Array.of(7, 8)]);
    await gateway.stop();
    await end;
    t.false(link.isOpen);
    const nobody = SubmissionLink.open(gateway.url, connect, realClock, {
      closed: () => t.fail(),
      news: () => t.fail(),
    });
    await t.throwsAsync(nobody, { code: 'UNREACHABLE' });
  });
}
