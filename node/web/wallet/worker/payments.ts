/**
 * The payments that this page follows: each goes on by itself until it is decided, through bad lines, banks that are away
 * and the closing of the page; the wallet remembers it, and the next opening takes it up by its reference.
 *
 *     starting -> stored -> sent -> computing -> recorded -> settled | cancelled
 *     starting -> failed       nothing was written down: nothing is under way
 *     stored ... -> failed     the banks rejected it for good: nothing was paid
 */
import { errorTable, type Progress, type TransferResult, type Wallet } from 'covault/wallet';
import { failureOf } from './rpc.js';
import type { Job, PaymentOrder } from './types.js';

/** Between two tries, when no bank could be reached. */
const pauseMs = 3_000;

/** Fatal for the bank that says so or shows it; another bank may do better. */
const elsewhereCodes = ['BAD_CERTIFICATE', 'INTERNAL'];

/** Whether a stored payment may still be made: it is asked for again. An unknown code ends it. */
const mayStillBeMade = (code: string) =>
  elsewhereCodes.includes(code) || (errorTable as Readonly<Record<string, unknown>>)[code] === 'retry';

type Pay = (onProgress: (progress: Progress) => void) => Promise<TransferResult>;

export class Payments {
  readonly #wallet: Wallet;
  readonly #changed: () => void;
  readonly #decided: (job: Job) => void;
  readonly #jobs = new Map<string, Job>();

  constructor(wallet: Wallet, changed: () => void, decided: (job: Job) => void) {
    this.#wallet = wallet;
    this.#changed = changed;
    this.#decided = decided;
  }

  /** Newest first. */
  jobs(): Job[] {
    return [...this.#jobs.values()].reverse();
  }

  /** Takes up what an earlier page has left open. */
  resume(): void {
    for (const entry of this.#wallet.history()) {
      if (entry.kind !== 'sent' || entry.state !== 'pending') continue;
      const { reference, account, to, amount, memo } = entry;
      const order = { from: account, to: `${to}`, amount, memo, reference };
      void this.#follow(order, 'stored', onProgress => this.#wallet.resume(reference, { onProgress }));
    }
  }

  /** Resolves with the reference when the payment is on this device for good. Throws what stands in its way. */
  async begin(order: PaymentOrder): Promise<string> {
    const reference = order.reference ?? newReference();
    const { from, to, amount, memo } = order;
    const target = /^[0-9]+$/.test(to) ? Number(to) : to;
    await new Promise<void>((stored, failed) => {
      const pay: Pay = onProgress =>
        this.#wallet.transfer({
          from,
          to: target,
          amount,
          reference,
          ...(memo === undefined ? {} : { memo }),
          onProgress: progress => {
            if (progress.kind === 'stored') stored();
            onProgress(progress);
          },
        });
      this.#follow({ ...order, reference }, 'starting', pay).then(job => {
        if (job.phase === 'failed' && job.failure) failed(Object.assign(new Error(job.failure.message), job.failure));
        else stored();
      }, failed);
    });
    return reference;
  }

  async #follow(
    order: PaymentOrder & { readonly reference: string },
    phase: 'starting' | 'stored',
    pay: Pay,
  ): Promise<Job> {
    const { reference, from, amount, memo } = order;
    const to = this.#wallet.accountOf(order.to);
    const start = { reference, from, to, amount, memo, phase, bank: undefined } as const;
    this.#put({ ...start, waitingFor: [], failure: undefined, trouble: false });
    const change = (over: Partial<Job>) => this.#put({ ...this.#job(reference), ...over });
    const onProgress = (progress: Progress) => change(afterProgress(progress));
    for (;;) {
      try {
        const { verdict } = await pay(onProgress);
        change({ phase: verdict, waitingFor: [], trouble: false });
        break;
      } catch (error) {
        const failure = failureOf(error);
        if (this.#job(reference).phase === 'starting' || !mayStillBeMade(failure.code)) {
          change({ phase: 'failed', failure, waitingFor: [], trouble: false });
          break;
        }
        change({ trouble: true });
        await new Promise(next => setTimeout(next, pauseMs));
      }
    }
    const job = this.#job(reference);
    this.#decided(job);
    return job;
  }

  #job(reference: string): Job {
    return this.#jobs.get(reference) as Job;
  }

  #put(job: Job): void {
    this.#jobs.set(job.reference, job);
    this.#changed();
  }
}

function afterProgress(progress: Progress): Partial<Job> {
  if (progress.kind === 'stored') return { phase: 'stored' };
  if (progress.kind === 'sent') return { phase: 'sent', bank: progress.bank, trouble: false };
  if (progress.kind === 'trouble') return { trouble: true };
  if (progress.kind === 'renewed') return { phase: 'stored', waitingFor: [] };
  const { bank, state, waitingFor } = progress;
  const phase = state === 'pending' ? 'computing' : state === 'unknown' ? 'sent' : 'recorded';
  return { phase, bank, waitingFor, trouble: false };
}

/** As long as a person can read out: the day and ten random letters and digits. */
function newReference(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const drawn = [...crypto.getRandomValues(new Uint8Array(10))].map(byte => letters[byte % letters.length]).join('');
  return `${new Date().toISOString().slice(0, 10)}-${drawn}`;
}
