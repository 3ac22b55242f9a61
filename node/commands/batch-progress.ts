/**
 * How far a batch is: a bar on a terminal, a line at every tenth elsewhere.
 */
import { SingleBar } from 'cli-progress';
import type { BatchProgress, Progress } from '../../src/wallet/index.js';
import { type Output, onceInARow, plain } from './output.js';
import { sayProgress } from './progress.js';

export interface BatchDisplay {
  readonly onBatch: (progress: BatchProgress) => void;
  readonly onProgress: (progress: Progress) => void;
  /** Leaves the terminal as it was. */
  readonly end: () => void;
}

export function showBatch(output: Output, terminal: NodeJS.WritableStream | undefined): BatchDisplay {
  return terminal ? bar(terminal) : lines(output);
}

const done = ({ settled, cancelled, rejected }: BatchProgress) => settled + cancelled + rejected;

function bar(stream: NodeJS.WritableStream): BatchDisplay {
  const format = ' {bar} {value}/{total} | {settled} settled, {cancelled} cancelled | {eta_formatted} {note}';
  const shown = new SingleBar({ stream, format, noTTYOutput: true, hideCursor: true, linewrap: false, barsize: 30 });
  let note = '';
  let isStarted = false;
  return {
    onBatch: progress => {
      const payload = { settled: progress.settled, cancelled: progress.cancelled, note };
      if (isStarted) shown.update(done(progress), payload);
      else shown.start(progress.total, done(progress), payload);
      isStarted = true;
    },
    onProgress: progress => {
      note = progress.kind === 'trouble' ? plain(progress.message).replace(/\s+/g, ' ') : '';
      if (isStarted) shown.update({ note });
    },
    end: () => shown.stop(),
  };
}

function lines(output: Output): BatchDisplay {
  const say = onceInARow(output.note);
  let tenth = -1;
  return {
    onBatch: progress => {
      const now = Math.floor((10 * done(progress)) / Math.max(1, progress.total));
      if (now === tenth) return;
      tenth = now;
      say(`${done(progress)} of ${progress.total}: ${progress.settled} settled, ${progress.cancelled} cancelled.`);
    },
    onProgress: sayProgress(output),
    end: () => {},
  };
}
