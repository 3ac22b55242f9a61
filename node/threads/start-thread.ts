/** Starts a thread of this process: compiled as it runs, or from the sources, as tests and tsx run them. */
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** `beside`: `import.meta.url` of a module in the folder where the thread's entry, `thread`, lies. */
export function startThread(beside: string, options: WorkerOptions): Worker {
  const compiled = beside.endsWith('.js');
  // nothing of the environment is needed there
  if (compiled) return new Worker(new URL('./thread.js', beside), { ...options, env: {} });
  // on Node 20 a thread does not inherit the loader of TypeScript from its process
  const source = JSON.stringify(new URL('./thread.ts', beside).href);
  const script = `import('tsx/esm/api').then(({ register }) => { register(); return import(${source}); })`;
  return new Worker(script, { ...options, eval: true });
}
