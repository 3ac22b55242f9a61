/**
 * Watches what honest banks say in computations, and finds what the protocol would not have them say:
 *
 *     more than a block opens         lengths of all messages so far are those of no block there could be
 *     before it has heard             message s + 1 of a bank leaves before message s has come from every other
 *     after the end                   anything of an attempt, from a bank that has halted
 *     twice                           the k_i of an envelope, and so its masks, in two attempts
 */
import { decodeAgreementFrame, type Use } from '../../src/bank/transport.js';
import { toHex } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import { type RoundsMessage, takeRoundsApart } from './wire-rounds.js';

const coinBytes = 64;
const keyPartBytes = 16;

export class Openings {
  readonly faults = new Set<string>();
  readonly #cheater: number;
  readonly #shapes: readonly (readonly string[])[];
  readonly #others: readonly number[];
  /** By attempt, bank and receiver. */
  readonly #said = new Map<string, string[]>();
  /** By attempt, bank and sender: numbers of the messages that came. */
  readonly #heard = new Map<string, Set<number>>();
  /** Key parts by hex: the attempt in which they were revealed. */
  readonly #revealed = new Map<string, string>();

  constructor(banks: number, cheater: number, shapes: readonly (readonly string[])[]) {
    this.#cheater = cheater;
    this.#shapes = shapes;
    this.#others = Array.from({ length: banks }, (_, bank) => bank);
  }

  /** A frame leaves; `hasHalted`: its sender has. */
  leaves(from: number, to: number, use: Use, frame: Uint8Array, hasHalted: boolean): void {
    const message = from === this.#cheater ? undefined : computation(use, frame);
    if (!message) return;
    const { context, step, shape } = message;
    if (hasHalted) this.faults.add(`bank ${from} speaks in a computation after it has halted`);
    const key = `${context}/${from}/${to}`;
    const shapes = this.#said.get(key) ?? [];
    this.#said.set(key, shapes);
    if (shapes.push(shape) !== step + 1) this.faults.add(`bank ${from} sends message ${step} out of turn`);
    if (!this.#shapes.some(allowed => shapes.every((s, k) => s === allowed[k]))) {
      this.faults.add(`bank ${from} opens what no block opens: ${shapes.join(' ')}`);
    }
    for (const other of this.#others) {
      if (other === from || step === 0 || this.#heard.get(`${context}/${from}/${other}`)?.has(step - 1)) continue;
      this.faults.add(`bank ${from} sends message ${step} without bank ${other}'s message ${step - 1}`);
    }
    if (step === 1 && to === this.#cheater) this.#reveals(from, message);
  }

  /** A frame arrives, as the cheat has left it. */
  arrives(from: number, to: number, use: Use, frame: Uint8Array): void {
    const message = to === this.#cheater ? undefined : computation(use, frame);
    if (!message) return;
    const key = `${message.context}/${to}/${from}`;
    const steps = this.#heard.get(key) ?? new Set();
    this.#heard.set(key, steps.add(message.step));
  }

  #reveals(from: number, { context, broadcast }: RoundsMessage): void {
    for (let at = coinBytes; at + keyPartBytes <= broadcast.length; at += keyPartBytes) {
      const part = toHex(broadcast.subarray(at, at + keyPartBytes));
      const before = this.#revealed.get(part);
      if (before !== undefined && before !== context) this.faults.add(`bank ${from} uses an envelope in two attempts`);
      this.#revealed.set(part, context);
    }
  }
}

function computation(use: Use, frame: Uint8Array): RoundsMessage | undefined {
  if (use !== 'agreement') return undefined;
  try {
    const decoded = decodeAgreementFrame(frame);
    return decoded.kind === 'computation' ? takeRoundsApart(decoded.bytes) : undefined;
  } catch (error) {
    if (error instanceof CovaultError) return undefined; // the cheat's
    throw error;
  }
}
