/**
 * What happens meanwhile, in a line each: above all, which bank is waited for.
 */
import type { Progress } from '../../src/wallet/index.js';
import { type Output, onceInARow } from './output.js';

export function sayProgress(output: Output): (progress: Progress) => void {
  const note = onceInARow(output.note);
  return progress => {
    const line = lineOf(progress);
    if (line !== undefined) note(line);
  };
}

function lineOf(progress: Progress): string | undefined {
  switch (progress.kind) {
    case 'stored':
      return `Payment reference ${progress.reference}: run again with it, it pays once.`;
    case 'sent':
      return `Sent to ${progress.bank}.`;
    case 'waiting':
      if (progress.waitingFor.length > 0) return `Waiting for ${progress.waitingFor.join(', ')} ...`;
      return progress.state === 'final' ? undefined : 'Waiting for the banks ...';
    case 'trouble':
      return `Trying again: ${progress.message}`;
    case 'renewed':
      return `The envelope is dead (${progress.why}); sending another one, under the same reference.`;
  }
}
