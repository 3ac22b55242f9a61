/**
 * What a submitter and a gateway say to each other over one long connection (a WebSocket; one message, one binary frame).
 *
 *     submitter  envelope    number u32 | envelope                     numbers count from 0 in this connection
 *     gateway    welcome     0 | window u32                            first, once
 *                accepted    1 | number | id                           stored: this bank sponsors it
 *                refused     2 | number | code text | message text     not taken; the same bytes may be sent again
 *                news        3 | number | state u8 | height u64        0 forgotten (height 0), 1 recorded, 2 final
 *
 *     envelope  ->  refused
 *               ->  accepted  ->  [recorded]  ->  final | forgotten
 *
 * An envelope is on the way from its message to its end: refused, final or forgotten. At most `window` are on the way; who
 * sends more is cut off. That is all the flow control there is, because the ends give the room back.
 *
 * Trust. Nothing here is a verdict or a promise: a wallet believes final records alone. A connection that breaks loses no
 * envelope: the same bytes go to another bank, or to the same one again.
 *
 * Not here: HPKE (`session.ts`); a connection and a session of HPKE contexts need not live equally long.
 */
import { decodeAll, Writer } from '../codec/index.js';
import { type ErrorCode, errorTable } from '../errors.js';
import { envelopeBytesMax, submissionTextBytesMax, submissionWindow } from '../limits.js';

export type SubmissionReply =
  | { readonly kind: 'welcome'; readonly window: number }
  | { readonly kind: 'accepted'; readonly number: number; readonly id: Uint8Array }
  | { readonly kind: 'refused'; readonly number: number; readonly code: ErrorCode; readonly message: string }
  | {
      readonly kind: 'news';
      readonly number: number;
      readonly state: 'forgotten' | 'recorded' | 'final';
      readonly height: number;
    };

const kinds = ['welcome', 'accepted', 'refused', 'news'] as const satisfies SubmissionReply['kind'][];
const states = ['forgotten', 'recorded', 'final'] as const;
const codeBytesMax = 64;

export function encodeSubmission(number: number, envelope: Uint8Array): Uint8Array {
  return new Writer(4 + envelope.length).u32(number).fixed(envelope).done();
}

/** Throws: MALFORMED, OVERSIZED. Whether the rest is an envelope is the bank's question. */
export function decodeSubmission(bytes: Uint8Array): { readonly number: number; readonly envelope: Uint8Array } {
  return decodeAll(bytes, 'submission', r => {
    const number = r.u32();
    if (r.remaining === 0 || r.remaining > envelopeBytesMax) throw r.malformed('no envelope has this length');
    return { number, envelope: r.fixed(r.remaining) };
  });
}

export function encodeSubmissionReply(reply: SubmissionReply): Uint8Array {
  const w = new Writer(64).u8(kinds.indexOf(reply.kind));
  if (reply.kind === 'welcome') return w.u32(reply.window).done();
  w.u32(reply.number);
  if (reply.kind === 'accepted') return w.fixed(reply.id).done();
  if (reply.kind === 'refused') return w.text(reply.code).text(shortened(reply.message)).done();
  return w.u8(states.indexOf(reply.state)).u64(reply.height).done();
}

/** Throws: MALFORMED, OVERSIZED. */
export function decodeSubmissionReply(bytes: Uint8Array): SubmissionReply {
  return decodeAll(bytes, 'submission reply', (r): SubmissionReply => {
    const kind = kinds[r.u8()];
    if (kind === undefined) throw r.malformed('no such kind of reply');
    if (kind === 'welcome') {
      const window = r.u32();
      if (window < 1 || window > submissionWindow) throw r.malformed('no such window');
      return { kind, window };
    }
    const number = r.u32();
    if (kind === 'accepted') return { kind, number, id: r.fixed(32) };
    if (kind === 'refused') {
      const code = r.text(codeBytesMax);
      if (!Object.hasOwn(errorTable, code)) throw r.malformed('no such error code');
      return { kind, number, code: code as ErrorCode, message: r.text(submissionTextBytesMax) };
    }
    const state = states[r.u8()];
    const height = r.u64();
    if (state === undefined || (state === 'forgotten') !== (height === 0)) throw r.malformed('no such news');
    return { kind, number, state, height };
  });
}

/** Messages are ours and short; one that is not must not make a reply that nobody can read. */
function shortened(message: string): string {
  return new TextEncoder().encode(message).length <= submissionTextBytesMax
    ? message
    : message.slice(0, submissionTextBytesMax / 4);
}
