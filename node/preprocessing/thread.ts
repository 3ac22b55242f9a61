/**
 * The preprocessing thread of a bank: its entry, and who gets which message. One for the life of the process, session after
 * session. An error nobody expected ends the thread, and the process hears of it.
 *
 * Why one: all pairs of a session take their turns in lots that all banks make together, and what is most work (products)
 * needs all pairs at once. With more cores than banks, what would be split is the kernel's work, not the pairs.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../src/errors.js';
import { LinkStock, warmUp } from '../../src/preprocessing/index.js';
import type { FromThread, Post, ThreadData, ToThread } from './messages.js';
import { PortStore } from './port-store.js';
import { ThreadSession } from './thread-session.js';

assert(parentPort !== null, 'this is the entry of a thread');
const port = parentPort;
const data = workerData as ThreadData;
const post: Post<FromThread> = (message, handOver = []) => port.postMessage(message, handOver);
const store = new PortStore(post);
const links = new LinkStock(store, data.linksPrefix, data.rosterVersion);
const sessions = new Map<number, ThreadSession>();
let last = 0;

// while the process is still busy with its links
void warmUp();

port.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'open':
      open(message);
      break;
    case 'stored':
      store.stored(message);
      break;
    case 'stop':
      void stop();
      break;
    default: {
      const session = sessions.get(message.session);
      assert(message.session <= last, 'a session that was opened');
      if (session) told(session, message); // otherwise it has ended here, and the process is about to hear of it
    }
  }
});

function open(message: Extract<ToThread, { type: 'open' }>): void {
  const number = message.session;
  assert(number > last, 'numbers of sessions rise');
  last = number;
  const session = new ThreadSession(data, links, message, post);
  sessions.set(number, session);
  void session.done.then(() => sessions.delete(number));
}

function told(session: ThreadSession, message: Exclude<ToThread, { type: 'open' | 'stored' | 'stop' }>): void {
  switch (message.type) {
    case 'reserve':
      void session.reserve(message);
      break;
    case 'frame':
      session.channel.arrived(message.from, message.frame);
      break;
    case 'sent':
      session.channel.sent(message.to, message.bytes);
      break;
    case 'over':
      session.over(message.error);
      break;
    case 'close':
      session.close();
      break;
  }
}

/** What has to be durable is, before the thread ends. */
async function stop(): Promise<void> {
  const open = [...sessions.values()];
  for (const session of open) session.close();
  await Promise.all(open.map(session => session.done));
  await new Promise(resolve => setImmediate(resolve));
  await store.idle();
  port.close();
}
