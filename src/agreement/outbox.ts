/**
 * The outputs of one input, in order; which timers run; and that nothing is sent outside a session: what must not be
 * lost is sent again at the start of the next.
 */
import type { Output, TimerName } from './io.js';
import { encodeMessage, type Message } from './messages.js';

export class Outbox {
  readonly #self: number;
  readonly #banks: number;
  readonly #timers = new Set<TimerName>();
  #outputs: Output[] = [];
  /** Id of the session this bank is in. */
  session: Uint8Array | undefined;

  constructor(self: number, banks: number) {
    this.#self = self;
    this.#banks = banks;
  }

  take(): Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  push(output: Output): void {
    this.#outputs.push(output);
  }

  send(to: number, message: Message): void {
    if (this.session) this.push({ type: 'send', to, bytes: encodeMessage(message) });
  }

  /** Encoded once for all of them. */
  broadcast(message: Message): void {
    if (!this.session) return;
    const bytes = encodeMessage(message);
    for (let to = 0; to < this.#banks; to++) if (to !== this.#self) this.push({ type: 'send', to, bytes });
  }

  /** One that runs goes on running. */
  arm(name: TimerName, ms: number): void {
    if (this.#timers.has(name)) return;
    this.#timers.add(name);
    this.push({ type: 'timer', name, ms });
  }

  cancel(name: TimerName): void {
    if (this.#timers.delete(name)) this.push({ type: 'cancel', name });
  }

  /** False for one that was cancelled while it was on its way. */
  fired(name: TimerName): boolean {
    return this.#timers.delete(name);
  }

  stopTimers(): void {
    this.cancel('propose');
    this.cancel('certificate');
  }
}
