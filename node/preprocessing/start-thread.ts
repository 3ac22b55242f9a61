/** Starts the thread: compiled as it runs, or from the sources, as tests and tsx run them. */
import { Worker } from 'node:worker_threads';
import type { ThreadData } from './messages.js';

export function startThread(data: ThreadData): Worker {
  const compiled = import.meta.url.endsWith('.js');
  const options = { name: 'preprocessing', workerData: data };
  // nothing of the environment is needed there
  if (compiled) return new Worker(new URL('./thread.js', import.meta.url), { ...options, env: {} });
  // on Node 20 a thread does not inherit the loader of TypeScript from its process
  const source = JSON.stringify(new URL('./thread.ts', import.meta.url).href);
  const script = `import('tsx/esm/api').then(({ register }) => { register(); return import(${source}); })`;
  return new Worker(script, { ...options, eval: true });
}
