/** Real intake threads for tests, that a test can end, and made-up ones that it can listen to. */
import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { type IntakeOptions, IntakeThreads, startThread } from '../../../node/intake/index.js';
import {
  decodeQuestions,
  type FromThread,
  packAnswers,
  type Question,
  type ToThread,
} from '../../../node/intake/messages.js';
import { Opener, type Unopened } from '../../../src/bank/index.js';
import { ed25519 } from '../../../src/crypto/index.js';
import type { Envelope } from '../../../src/envelope/index.js';
import { inputLength } from '../../../src/operations/index.js';
import type { Clock } from '../../../src/ports.js';
import { accountKeys, makeWorld, type World } from '../../harness/banks.js';
import { realClock, silent } from '../../harness/network.js';

/** Waits for nothing. */
export const impatientClock: Clock = { ...realClock, after: (_ms, call) => realClock.after(0, call) };

export const smallWorld = (): World => makeWorld({ banks: 3, pageSize: 1, balances: [100n, 200n] });

/** As bank 0 asks for it: a transfer from account 0. */
export function unopened(world: World, envelope: Envelope): Unopened {
  const { header, id, signature, packets } = envelope;
  const key = ed25519.publicKey(accountKeys(0).spendingSeed);
  const length = inputLength(world.network, header.arguments.kind);
  return { header, id, length, signed: signature && { key, signature }, packet: packets[0] };
}

export interface Intakes {
  /** Of bank 0. */
  readonly intake: IntakeThreads;
  /** All that were started, in order. */
  readonly workers: Worker[];
}

const options = (world: World) => ({
  self: 0,
  count: world.parties.length,
  sealingSecret: world.sealingSecrets[0],
  threads: 1,
  clock: impatientClock,
  log: silent,
});

/** `started` sees every thread at once. */
export function intakeOf(
  world: World,
  more: Partial<IntakeOptions> = {},
  started: (worker: Worker, number: number) => void = () => {},
): Intakes {
  const workers: Worker[] = [];
  const start: IntakeOptions['start'] = data => {
    const worker = startThread(data);
    started(worker, workers.push(worker));
    return worker;
  };
  return { intake: new IntakeThreads({ ...options(world), start, ...more }), workers };
}

/** In a thread's place: answers a batch when it is told to. */
export class FakeWorker extends EventEmitter {
  /** What it was given, and has not answered. */
  readonly batches: { readonly batch: number; readonly questions: Question[] }[] = [];
  readonly #opener: Opener;

  constructor(world: World) {
    super();
    this.#opener = new Opener(world.parties[0], world.sealingSecrets[0].slice());
  }

  postMessage(message: ToThread): void {
    if (message.type === 'stop') this.terminate();
    else this.batches.push({ batch: message.batch, questions: decodeQuestions(message.asked) });
  }

  /** The oldest batch; `cut` leaves so many of its answers out. */
  answer(cut = 0): void {
    const { batch, questions } = this.batches.shift() as (typeof this.batches)[0];
    const answers = questions.slice(cut).map(({ from, unopened: each }) => this.#opener.open(from, each));
    const opened: FromThread = { type: 'opened', batch, ...packAnswers(answers) };
    this.emit('message', opened);
  }

  terminate(): void {
    setImmediate(() => this.emit('exit'));
  }
}

export function fakeIntakeOf(world: World, threads = 1) {
  const workers: FakeWorker[] = [];
  const start = () => {
    const worker = new FakeWorker(world);
    workers.push(worker);
    return worker as unknown as Worker;
  };
  return { intake: new IntakeThreads({ ...options(world), threads, start }), workers };
}
