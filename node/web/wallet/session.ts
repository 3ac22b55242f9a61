/**
 * What the page knows, as signals, and the worker that knows the rest.
 *
 *     starting -> empty -> (create, import) -> open
 *              -> locked -> (passphrase)    -> open -> locked again: the worker is ended, and all keys are gone with it
 *              -> elsewhere (another window has the wallet) | broken
 */
import { signal } from '@preact/signals';
import type { Progress } from 'covault/wallet';
import { trusted } from '../common/trusted.js';
import { connect, type FailureFacts, failureOf, type Remote } from './worker/rpc.js';
import type { WalletService } from './worker/service.js';
import type { BankState, Event, NetworkInfo, Snapshot, Start } from './worker/types.js';
import workerUrl from './worker/worker.ts?worker&url';

type Phase = 'starting' | 'empty' | 'locked' | 'open' | 'elsewhere' | 'broken';

export const phase = signal<Phase>('starting');
export const network = signal<NetworkInfo | undefined>(undefined);
const noSnapshot: Snapshot = { accounts: [], history: [], consents: [], jobs: [], height: 0 };
export const snapshot = signal(noSnapshot);
export const banks = signal<readonly BankState[]>([]);
/** Of the calls under way, by task: the last thing that happened. */
export const progress = signal<Readonly<Record<string, Progress>>>({});
/** Why the page is broken. */
export const failure = signal<FailureFacts | undefined>(undefined);
export const servesOther = signal(false);
/** The seed phrase of a wallet that was just made, until its holder has gone on. */
export const freshPhrase = signal<string | undefined>(undefined);

/** The gateway that serves this page: one folder up. */
export const base = new URL('..', document.baseURI).href;

export let service: Remote<WalletService>;
let worker: Worker | undefined;

/** A new worker: for the first time, and after every locking. */
export async function start(): Promise<void> {
  worker?.terminate();
  phase.value = 'starting';
  try {
    worker = newWorker();
    service = connect<WalletService, Event>(worker, hear);
    await begin();
  } catch (error) {
    failure.value = failureOf(error);
    phase.value = failure.value.code === 'STORE_LOCKED' ? 'elsewhere' : 'broken';
  }
}

const newWorker = () => new Worker(trusted(workerUrl) as string, { type: 'module', name: 'wallet' });

async function begin(): Promise<void> {
  const started: Start = await startPatiently();
  network.value = started.network;
  servesOther.value = started.servesOther;
  phase.value = started.hasWallet ? 'locked' : 'empty';
}

/** The lock of a worker that was ended a moment ago is not yet free. */
async function startPatiently(): Promise<Start> {
  for (let tries = 0; ; tries++) {
    try {
      return await service.start(base);
    } catch (error) {
      if (failureOf(error).code !== 'STORE_LOCKED' || tries === 5) throw error;
      await new Promise(next => setTimeout(next, 200));
    }
  }
}

/**
 * A worker that has no wallet, to look at somebody else's account: it takes no lock, keeps nothing, and sees the code alone.
 * `stop` ends it.
 */
export function startViewer(hearProgress: (progress: Progress) => void) {
  const own = newWorker();
  const viewer = connect<WalletService, Event>(own, event => {
    if (event.kind === 'progress') hearProgress(event.progress);
  });
  return { viewer, stop: () => own.terminate() };
}

export async function lock(): Promise<void> {
  snapshot.value = noSnapshot;
  progress.value = {};
  freshPhrase.value = undefined;
  await start();
}

function hear(event: Event): void {
  if (event.kind === 'snapshot') snapshot.value = event.snapshot;
  else if (event.kind === 'banks') banks.value = event.banks;
  else progress.value = { ...progress.value, [event.task]: event.progress };
}

/** After so long without a key or a touch the wallet locks itself. */
const idleMs = 15 * 60_000;

export function lockWhenIdle(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const restart = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (phase.value === 'open') void lock();
    }, idleMs);
  };
  for (const kind of ['keydown', 'pointerdown', 'focus']) window.addEventListener(kind, restart, { passive: true });
  restart();
}
