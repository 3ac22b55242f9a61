/**
 * An intake thread of a bank: its entry. It holds the sealing secret, and what it remembers of submission sessions. What is
 * wrong with one envelope is its answer; nothing of it touches the others of its batch.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Opener } from '../../src/bank/intake.js';
import { assert } from '../../src/errors.js';
import {
  type Answer,
  decodeQuestions,
  type FromThread,
  packAnswers,
  type Question,
  type ThreadData,
  type ToThread,
} from './messages.js';

assert(parentPort !== null, 'this is the entry of a thread');
const port = parentPort;
const data = workerData as ThreadData;
const opener = new Opener(data, data.sealingSecret);

port.on('message', (message: ToThread) => {
  if (message.type === 'stop') {
    opener.wipe();
    port.close();
    return;
  }
  const opened: FromThread = {
    type: 'opened',
    batch: message.batch,
    ...packAnswers(decodeQuestions(message.asked).map(answer)),
  };
  port.postMessage(opened, [opened.answers.buffer as ArrayBuffer]);
});

function answer({ from, unopened }: Question): Answer {
  try {
    return opener.open(from, unopened);
  } catch (error) {
    return error instanceof Error ? error : new Error('unknown');
  }
}
