/**
 * One submission session with one gateway: sends named envelopes as far as the window goes, and says what is heard of each.
 *
 *     opening  --welcome-->  open  --closed, nonsense-->  closed        used once; what was on the way is then unsent again
 *
 * Nothing a gateway says is believed here: news only make a wallet look at the records.
 */
import { decodeSubmissionReply, encodeSubmission, type SubmissionReply } from '../envelope/index.js';
import { assert, CovaultError } from '../errors.js';
import { submissionOpenMs } from '../limits.js';
import type { Clock } from '../ports.js';
import type { SubmissionPort, SubmissionSocket } from './ports.js';

export type SubmissionNews = Exclude<SubmissionReply, { kind: 'welcome' }>;

export interface LinkEvents {
  readonly news: (name: string, news: SubmissionNews) => void;
  readonly closed: () => void;
}

export class SubmissionLink {
  readonly #on: LinkEvents;
  readonly #socket: SubmissionSocket;
  /** On the way, by number. */
  readonly #sent = new Map<number, string>();
  #next = 0;
  #window = 0;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #welcome = () => {};
  #failed = () => {};

  private constructor(url: string, connect: SubmissionPort, on: LinkEvents) {
    this.#on = on;
    this.#socket = connect(url, { message: bytes => this.#message(bytes), closed: () => this.#end() });
  }

  /** `gateway`: its http or https URL. Throws UNREACHABLE when there is no welcome in time. */
  static async open(gateway: string, connect: SubmissionPort, clock: Clock, on: LinkEvents): Promise<SubmissionLink> {
    const link = new SubmissionLink(`${gateway.replace(/^http/, 'ws')}/v1/submissions`, connect, on);
    const unreachable = new CovaultError('UNREACHABLE', 'a bank opens no submission session', { gateway });
    await new Promise<void>((done, failed) => {
      const stop = clock.after(submissionOpenMs, () => link.close());
      link.#welcome = () => {
        stop();
        done();
      };
      link.#failed = () => {
        stop();
        failed(unreachable);
      };
      if (link.#state === 'open') link.#welcome();
      if (link.#state === 'closed') link.#failed();
    });
    return link;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** How many more may be sent. */
  get room(): number {
    return this.isOpen ? this.#window - this.#sent.size : 0;
  }

  send(name: string, envelope: Uint8Array): void {
    assert(this.room > 0, 'a window is kept');
    this.#sent.set(this.#next, name);
    this.#socket.send(encodeSubmission(this.#next, envelope));
    this.#next += 1;
  }

  close(): void {
    this.#socket.close();
    this.#end();
  }

  #message(bytes: Uint8Array): void {
    if (this.#state === 'closed') return;
    try {
      this.#read(decodeSubmissionReply(bytes));
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error;
      this.close(); // a bank that talks nonsense is as good as unreachable
    }
  }

  #read(reply: SubmissionReply): void {
    const isFirst = this.#state === 'opening';
    if ((reply.kind === 'welcome') !== isFirst) throw new CovaultError('MALFORMED', 'one welcome, first');
    if (reply.kind === 'welcome') {
      this.#window = reply.window;
      this.#state = 'open';
      this.#welcome();
      return;
    }
    const name = this.#sent.get(reply.number);
    if (name === undefined) throw new CovaultError('MALFORMED', 'news of what is not on the way');
    const isEnd = reply.kind === 'refused' || (reply.kind === 'news' && reply.state !== 'recorded');
    if (isEnd) this.#sent.delete(reply.number);
    this.#on.news(name, reply);
  }

  #end(): void {
    if (this.#state === 'closed') return;
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    if (wasOpen) this.#on.closed();
    else this.#failed();
  }
}
