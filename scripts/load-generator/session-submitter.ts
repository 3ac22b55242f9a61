/**
 * Submitters of many transfers each, as payment processors are: one long submission session a submitter, with the banks in
 * turn, and what becomes of every envelope read from it.
 *
 *     waiting  --room in the window-->  on the way  -->  final     the bank says so
 *        ^                                   |------->  taken     refused as seen before: the records tell
 *        +-- refused for now, forgotten, session lost --+          counted, and sent again: the same bytes
 *
 * A session that is lost, or that a bank does not open, is opened at the next bank.
 */
import { connectSubmission } from '../../node/commands/submission-socket.js';
import { systemClock } from '../../node/host/clock.js';
import { toHex } from '../../src/crypto/index.js';
import { isCode } from '../../src/errors.js';
import { SubmissionLink, type SubmissionNews } from '../../src/wallet/submission-link.js';
import type { Made } from './envelope-maker.js';
import { forNow, type Progress, pauseMs, refusal, type Submitter } from './submitter.js';

interface Underway {
  readonly bytes: Uint8Array;
  readonly resolve: (progress: Progress) => void;
  readonly reject: (error: unknown) => void;
}

export class SessionSubmitter implements Submitter {
  readonly name: string;
  readonly hears = true;
  readonly #lines: readonly Line[];
  #turn = 0;

  constructor(urls: readonly string[], submitters: number) {
    this.name = `submission sessions of ${submitters} submitters`;
    this.#lines = Array.from({ length: submitters }, (_, i) => new Line(urls, i % urls.length));
  }

  get refusals(): number {
    return this.#lines.reduce((sum, line) => sum + line.refusals, 0);
  }

  get resent(): number {
    return this.#lines.reduce((sum, line) => sum + line.resent, 0);
  }

  /** A lone holder's envelope goes with any of them. */
  submit(envelope: Made): Promise<Progress> {
    return this.#lines[envelope.submitter ?? this.#turn++ % this.#lines.length].submit(envelope);
  }

  close(): void {
    for (const line of this.#lines) line.close();
  }
}

/** One submitter. */
class Line {
  refusals = 0;
  resent = 0;
  readonly #urls: readonly string[];
  #bank: number;
  #link: SubmissionLink | undefined;
  #isOpening = false;
  #isClosed = false;
  /** By hex id. */
  readonly #underway = new Map<string, Underway>();
  /** Those of them that are not with this link, in the order in which they go. */
  readonly #waiting = new Set<string>();

  constructor(urls: readonly string[], bank: number) {
    this.#urls = urls;
    this.#bank = bank;
  }

  submit({ id, bytes }: Made): Promise<Progress> {
    return new Promise((resolve, reject) => {
      const name = toHex(id);
      this.#underway.set(name, { bytes, resolve, reject });
      this.#waiting.add(name);
      this.#send();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#link?.close();
    for (const { reject } of this.#underway.values()) reject(new Error('submission sessions are over'));
  }

  #send(): void {
    if (!this.#link?.isOpen) return void this.#open();
    for (const name of this.#waiting) {
      if (this.#link.room === 0) return;
      this.#waiting.delete(name);
      const underway = this.#underway.get(name);
      if (underway) this.#link.send(name, underway.bytes);
    }
  }

  async #open(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    while (!this.#isClosed) {
      try {
        this.#link = await SubmissionLink.open(this.#urls[this.#bank], connectSubmission, systemClock, {
          news: (name, news) => this.#heard(name, news),
          closed: () => this.#lost(),
        });
        break;
      } catch (error) {
        if (!isCode(error, 'UNREACHABLE')) throw error;
        this.#bank = (this.#bank + 1) % this.#urls.length;
        await pause();
      }
    }
    this.#isOpening = false;
    if (this.#isClosed) this.#link?.close();
    else this.#send();
  }

  #heard(name: string, news: SubmissionNews): void {
    if (news.kind === 'accepted') return;
    if (news.kind === 'refused') this.#refused(name, news.code);
    else if (news.state === 'final') this.#end(name)?.resolve('final');
    else if (news.state === 'forgotten') {
      this.resent++;
      void this.#again(name);
    }
    this.#send(); // there may be room
  }

  #refused(name: string, code: string): void {
    if (forNow.has(code)) {
      this.refusals++;
      void this.#again(name);
    } else if (code === 'SEEN_BEFORE') {
      this.#end(name)?.resolve('taken');
    } else {
      this.#end(name)?.reject(refusal(this.#bank, code));
    }
  }

  async #again(name: string): Promise<void> {
    await pause();
    this.#waiting.add(name);
    this.#send();
  }

  /** What was on the way goes first, with the next bank. */
  #lost(): void {
    if (this.#isClosed) return;
    const onTheWay = [...this.#underway.keys()].filter(name => !this.#waiting.has(name));
    this.resent += onTheWay.length;
    const names = [...onTheWay, ...this.#waiting];
    this.#waiting.clear();
    for (const name of names) this.#waiting.add(name);
    this.#bank = (this.#bank + 1) % this.#urls.length;
    void this.#open();
  }

  #end(name: string): Underway | undefined {
    const underway = this.#underway.get(name);
    this.#underway.delete(name);
    return underway;
  }
}

const pause = () => new Promise(next => setTimeout(next, pauseMs));
