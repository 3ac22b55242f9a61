/** A thread of `./scripts/cheat`: takes one bank's part after the other, and tells every row. */
import { parentPort } from 'node:worker_threads';
import { rowsOf, type Task } from './plays.js';

parentPort?.on('message', async (task: Task) => {
  for await (const row of rowsOf(task)) parentPort?.postMessage(row);
  parentPort?.postMessage('done');
});
