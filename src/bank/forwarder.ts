/**
 * Envelopes on their way to the other banks: a lone one goes at once, those that wait for the same bank go together.
 *
 * What became ready to be sent in one turn of the process (a group of envelopes stored in one transaction) and what came
 * while the link had no room fills frames. An envelope is looked up when it is sent: one that is decided by then is left out.
 */
import { forwardedBytesMax, forwardedMax } from '../limits.js';
import { type Forwarded, forwardedBytes } from './transport.js';

interface Lane {
  /** Hex ids, each once. */
  readonly waiting: Set<string>;
  sending: boolean;
}

export class Forwarder {
  readonly #find: (to: number, id: string) => Forwarded | undefined;
  readonly #send: (to: number, envelopes: readonly Forwarded[]) => Promise<void>;
  readonly #lanes: readonly Lane[];

  /** `send` resolves when there is room for more, or the link is gone. */
  constructor(
    find: (to: number, id: string) => Forwarded | undefined,
    send: (to: number, envelopes: readonly Forwarded[]) => Promise<void>,
    banks: number,
  ) {
    this.#find = find;
    this.#send = send;
    this.#lanes = Array.from({ length: banks }, () => ({ waiting: new Set(), sending: false }));
  }

  /**
   * As soon as there is room. Nobody waits for it: what a bank did before it read on would wait for the other to read, who may be
   * waiting for the same.
   */
  forward(to: number, id: string): void {
    const lane = this.#lanes[to];
    lane.waiting.add(id);
    if (!lane.sending) void this.#run(to, lane);
  }

  async #run(to: number, lane: Lane): Promise<void> {
    lane.sending = true;
    await Promise.resolve(); // those that were stored together have their turn before it goes
    while (lane.waiting.size > 0) {
      const envelopes = this.#take(to, lane);
      if (envelopes.length > 0) await this.#send(to, envelopes);
    }
    lane.sending = false;
  }

  /** As many as one frame takes. */
  #take(to: number, lane: Lane): Forwarded[] {
    const envelopes: Forwarded[] = [];
    let bytes = 0;
    for (const id of lane.waiting) {
      if (envelopes.length >= forwardedMax || bytes >= forwardedBytesMax) break;
      lane.waiting.delete(id);
      const forwarded = this.#find(to, id);
      if (!forwarded) continue;
      envelopes.push(forwarded);
      bytes += forwardedBytes(forwarded);
    }
    return envelopes;
  }
}
