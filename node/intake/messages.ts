/**
 * What a bank's process and an intake thread say to each other; both ends our own code.
 *
 *     process --> thread      open: a batch of envelopes          stop: finish, wipe, and end
 *     thread --> process      opened: an answer for each of them, in their order
 *
 * A batch is one buffer, handed over (transferred), and so are its answers:
 *
 *     asked       list of  from u8 | id | header | L u32 | flag [key | signature] | flag [packet]
 *     answers     list of  0 nothing | 1 plaintext | 2 an error: the next of `errors`
 */
import type { Unopened } from '../../src/bank/index.js';
import { decodeAll, Writer } from '../../src/codec/index.js';
import { decodeHeader, encodeHeader } from '../../src/envelope/index.js';
import { intakeBatchMax, packetBytesMax } from '../../src/limits.js';
import { type PackedError, packError, unpackError } from '../threads/index.js';

/** What a thread is started with. The secret is handed over: the thread wipes it when it is told to stop. */
export interface ThreadData {
  readonly self: number;
  readonly count: number;
  /** X25519, 32 bytes. */
  readonly sealingSecret: Uint8Array;
}

export type ToThread =
  | { readonly type: 'open'; readonly batch: number; readonly asked: Uint8Array }
  | { readonly type: 'stop' };

export interface FromThread extends PackedAnswers {
  readonly type: 'opened';
  readonly batch: number;
}

export interface Question {
  readonly from: number;
  readonly unopened: Unopened;
}

/** The checked plaintext, nothing where no packet was asked for, or why not. */
export type Answer = Uint8Array | undefined | Error;

export interface PackedAnswers {
  readonly answers: Uint8Array;
  readonly errors: readonly PackedError[];
}

/** What a question takes beside its packet. */
const questionBytes = 512;

/** In a buffer of its own. */
export function encodeQuestions(questions: readonly Question[]): Uint8Array {
  const capacity = questions.reduce((sum, { unopened }) => sum + questionBytes + (unopened.packet?.length ?? 0), 4);
  const w = new Writer(capacity).list(questions, (to, { from, unopened }) => {
    const { id, header, length, signed, packet } = unopened;
    to.u8(from).fixed(id).bytes(encodeHeader(header)).u32(length);
    to.u8(signed ? 1 : 0);
    if (signed) to.fixed(signed.key).fixed(signed.signature);
    to.u8(packet ? 1 : 0);
    if (packet) to.bytes(packet);
  });
  return w.done();
}

export function decodeQuestions(asked: Uint8Array): Question[] {
  return decodeAll(asked, 'intake batch', r =>
    r.list(intakeBatchMax, () => ({
      from: r.u8(),
      unopened: {
        id: r.fixed(32),
        header: decodeHeader(r.bytes(1024)),
        length: r.u32(),
        signed: r.bool() ? { key: r.fixed(32), signature: r.fixed(64) } : undefined,
        packet: r.bool() ? r.bytes(packetBytesMax) : undefined,
      },
    })),
  );
}

/** `answers` in a buffer of its own. */
export function packAnswers(answers: readonly Answer[]): PackedAnswers {
  const errors: PackedError[] = [];
  const capacity = answers.reduce((sum, answer) => sum + 5 + (answer instanceof Uint8Array ? answer.length : 0), 4);
  const w = new Writer(capacity).list(answers, (to, answer) => {
    if (answer === undefined) to.u8(0);
    else if (answer instanceof Uint8Array) to.u8(1).bytes(answer);
    else {
      to.u8(2);
      errors.push(packError(answer));
    }
  });
  return { answers: w.done(), errors };
}

/** Plaintexts are views: whoever keeps something of one copies it. */
export function unpackAnswers({ answers, errors }: PackedAnswers): Answer[] {
  const left = errors.map(unpackError);
  return decodeAll(answers, 'intake answers', r =>
    r.list(intakeBatchMax, () => {
      const kind = r.u8();
      if (kind === 0) return undefined;
      const answer = kind === 1 ? r.view(packetBytesMax) : left.shift();
      if (!answer) throw r.malformed('no such answer');
      return answer;
    }),
  );
}
