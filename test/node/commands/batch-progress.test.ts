/** The progress of a batch, on a terminal and without one. */
import { PassThrough } from 'node:stream';
import test from 'ava';
import { showBatch } from '../../../node/commands/batch-progress.js';

const at = (settled: number, cancelled = 0) => ({ total: 100, settled, cancelled, rejected: 0 });

test('without a terminal a batch says a line at every tenth, and troubles as they come', t => {
  const notes: string[] = [];
  const shown = showBatch({ data: () => t.fail(), note: line => void notes.push(line) }, undefined);
  for (const settled of [0, 3, 9, 10, 11, 19, 95]) shown.onBatch(at(settled, 1));
  shown.onProgress({ kind: 'trouble', code: 'UNREACHABLE', message: 'bank ubz does not answer' });
  shown.end();
  t.is(notes.length, 4 + 1);
  t.regex(notes.join('\n'), /^1 of 100[\s\S]*96 of 100: 95 settled, 1 cancelled/);
});

test('on a terminal a batch is a bar, and what a bank says cannot steer it', t => {
  const stream = new PassThrough();
  const shown = showBatch({ data: () => t.fail(), note: () => t.fail() }, stream);
  shown.onBatch(at(0));
  shown.onProgress({ kind: 'trouble', code: 'NOT_READY', message: 'wait\u001b[2J' });
  shown.onBatch(at(40, 2));
  shown.end();
  const text = String(stream.read());
  t.regex(text, /42\/100/);
  t.false(text.includes('\u001b[2J'));
});
