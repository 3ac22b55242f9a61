/**
 * The reading side of a libp2p stream as something a pipe can begin with. A libp2p stream's own iterator keeps whatever
 * arrives, however slow its reader is; this one pauses the stream while more than a piece waits here.
 */
import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface';
import { pieceBytesMax } from '../../src/limits.js';

/** Ends when the other side has closed, throws when it has reset. One reader a stream. */
export async function* readable(stream: Stream): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let waitingBytes = 0;
  let ended = false;
  let failed: Error | undefined;
  let wake = () => {};
  const onMessage = ({ data }: StreamMessageEvent) => {
    for (const part of data instanceof Uint8Array ? [data] : data) parts.push(part);
    waitingBytes += data.byteLength;
    if (waitingBytes > pieceBytesMax && stream.readStatus === 'readable') stream.pause();
    wake();
  };
  const onEnd = () => {
    ended = true;
    wake();
  };
  const onClose = (event: StreamCloseEvent) => {
    failed = event.error;
    onEnd();
  };
  stream.addEventListener('message', onMessage);
  stream.addEventListener('end', onEnd);
  stream.addEventListener('close', onClose);
  // What happened before anybody listened.
  if (stream.readableEnded || stream.status !== 'open') ended = true;
  try {
    for (;;) {
      while (parts.length > 0) {
        const batch = parts;
        parts = [];
        yield* batch;
        waitingBytes = parts.reduce((sum, part) => sum + part.length, 0);
      }
      if (failed) throw failed;
      if (ended) return;
      if (stream.readStatus === 'paused') stream.resume();
      if (parts.length > 0 || ended) continue;
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
  } finally {
    stream.removeEventListener('message', onMessage);
    stream.removeEventListener('end', onEnd);
    stream.removeEventListener('close', onClose);
  }
}
