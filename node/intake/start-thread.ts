/** Starts an intake thread. */
import type { Worker } from 'node:worker_threads';
import { intakeHeapMegabytes, intakeYoungMegabytes } from '../../src/limits.js';
import { startThread as start } from '../threads/index.js';
import type { ThreadData } from './messages.js';

/** The secret is gone from `data` afterwards. */
export function startThread(data: ThreadData): Worker {
  return start(import.meta.url, {
    name: 'intake',
    workerData: data,
    transferList: [data.sealingSecret.buffer as ArrayBuffer],
    resourceLimits: { maxOldGenerationSizeMb: intakeHeapMegabytes, maxYoungGenerationSizeMb: intakeYoungMegabytes },
  });
}
