/**
 * Envelopes on their way to the other banks: a lone one goes at once, those that wait for the same bank go together.
 *
 * What became ready to be sent in one turn of the process (a group of envelopes stored in one transaction) and what came
 * while the link had no room fills frames. An envelope is looked up when it is sent: one that is decided by then is left out.
 */
import { forwardedBytesMax, forwardedMax } from '../limits.js';
import { type Forwarded, forwardedBytes } from './transport.js';

interface Lane {
  /** Hex ids, each once, and who waits for them to be sent. */
  readonly waiting: Map<string, (() => void)[]>;
  sending: boolean;
}

export class Forwarder {
  readonly #find: (to: number, id: string) => Forwarded | undefined;
  readonly #send: (to: number, envelopes: readonly Forwarded[]) => Promise<void>;
  readonly #lanes: readonly Lane[];

  constructor(
    find: (to: number, id: string) => Forwarded | undefined,
    send: (to: number, envelopes: readonly Forwarded[]) => Promise<void>,
    banks: number,
  ) {
    this.#find = find;
    this.#send = send;
    this.#lanes = Array.from({ length: banks }, () => ({ waiting: new Map(), sending: false }));
  }

  /** Resolves when it has been sent, and there is room for more. */
  forward(to: number, id: string): Promise<void> {
    const lane = this.#lanes[to];
    const done = new Promise<void>(resolve => {
      const waiting = lane.waiting.get(id);
      if (waiting) waiting.push(resolve);
      else lane.waiting.set(id, [resolve]);
    });
    if (!lane.sending) void this.#run(to, lane);
    return done;
  }

  async #run(to: number, lane: Lane): Promise<void> {
    lane.sending = true;
    await Promise.resolve(); // those that were stored together have their turn before it goes
    while (lane.waiting.size > 0) {
      const { envelopes, told } = this.#take(to, lane);
      if (envelopes.length > 0) await this.#send(to, envelopes);
      for (const tell of told) tell();
    }
    lane.sending = false;
  }

  /** As many as one frame takes. */
  #take(to: number, lane: Lane): { readonly envelopes: Forwarded[]; readonly told: (() => void)[] } {
    const envelopes: Forwarded[] = [];
    const told: (() => void)[] = [];
    let bytes = 0;
    for (const [id, waiting] of lane.waiting) {
      if (envelopes.length >= forwardedMax || bytes >= forwardedBytesMax) break;
      lane.waiting.delete(id);
      told.push(...waiting);
      const forwarded = this.#find(to, id);
      if (!forwarded) continue;
      envelopes.push(forwarded);
      bytes += forwardedBytes(forwarded);
    }
    return { envelopes, told };
  }
}
