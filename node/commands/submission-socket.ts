/**
 * WebSockets for the wallet's submission sessions, by `ws`: Node 20 has none of its own.
 */
import { WebSocket } from 'ws';
import { submissionOpenMs, submissionTextBytesMax } from '../../src/limits.js';
import type { SubmissionPort } from '../../src/wallet/index.js';

/** Of one reply: a refusal with its code and text. */
const replyBytesMax = 256 + submissionTextBytesMax;

export const connectSubmission: SubmissionPort = (url, on) => {
  const socket = new WebSocket(url, { maxPayload: replyBytesMax, handshakeTimeout: submissionOpenMs });
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) on.message(Uint8Array.from(data));
    else socket.terminate();
  });
  socket.on('error', () => {}); // a close follows
  socket.on('close', () => on.closed());
  return { send: message => socket.send(message), close: () => socket.terminate() };
};
