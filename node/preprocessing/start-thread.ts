/** Starts the preprocessing thread. */
import type { Worker } from 'node:worker_threads';
import { preprocessingYoungMegabytes } from '../../src/limits.js';
import { startThread as start } from '../threads/index.js';
import type { ThreadData } from './messages.js';

export function startThread(data: ThreadData): Worker {
  return start(import.meta.url, {
    name: 'preprocessing',
    workerData: data,
    resourceLimits: { maxYoungGenerationSizeMb: preprocessingYoungMegabytes },
  });
}
