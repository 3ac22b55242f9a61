/**
 * In the thread: one session's stock, from its pairs to its end. What it says to the process, in this order:
 *
 *     opened --> made, reserved, refused, in any number --> ended          or, where the pairs cannot be opened, only ended
 *
 * deviated comes at once, whatever else ends the session meanwhile.
 */
import { systemRandom } from '../../src/crypto/index.js';
import { assert, CovaultError } from '../../src/errors.js';
import { preprocessingStepTimeoutMs } from '../../src/limits.js';
import { type LinkStock, openStock, type SessionStock } from '../../src/preprocessing/index.js';
import { systemClock } from '../host/clock.js';
import { type PackedError, packError, unpackError } from '../threads/index.js';
import { buffersOfReserved, type FromThread, type Post, type ThreadData, type ToThread } from './messages.js';
import { PortChannel } from './port-channel.js';

export class ThreadSession {
  readonly channel: PortChannel;
  /** Never rejects. */
  readonly done: Promise<void>;
  readonly #number: number;
  readonly #post: Post<FromThread>;
  #stock: SessionStock | undefined;

  constructor(data: ThreadData, links: LinkStock, open: Extract<ToThread, { type: 'open' }>, post: Post<FromThread>) {
    this.#number = open.session;
    this.#post = post;
    this.channel = new PortChannel(open.session, data.party, post);
    this.done = this.#run(data, links, open);
  }

  async #run(data: ThreadData, links: LinkStock, open: Extract<ToThread, { type: 'open' }>): Promise<void> {
    const session = this.#number;
    const { party, pageSize, lots, lpn } = data;
    try {
      const stock = await openStock({
        party,
        links,
        ...(lots && { lots }),
        ...(lpn && { lpn }),
        channel: this.channel,
        sessionId: open.id,
        random: systemRandom,
        network: { pageSize },
        patience: { clock: systemClock, ms: data.stepTimeoutMs ?? preprocessingStepTimeoutMs },
        mayStartFresh: open.mayStartFresh,
        deviated: error => this.#post({ type: 'deviated', session, error: packError(error) }),
        progress: () => this.#made(),
      });
      this.#stock = stock;
      this.#post({ type: 'opened', session });
      this.#ended(await stock.ended);
    } catch (error) {
      this.#ended(error);
    }
  }

  /** Other pairs may still be at work: from here on they neither say nor hear anything. */
  #ended(error: unknown): void {
    this.channel.end(error);
    this.#post({ type: 'ended', session: this.#number, error: packError(error) });
  }

  #made(): void {
    const { vole, triples, selections } = this.#opened().levels();
    const made = { vole: vole.made, triples: triples.made, selections: selections.made };
    this.#post({ type: 'made', session: this.#number, made });
  }

  async reserve({ ticket, at, counts }: Extract<ToThread, { type: 'reserve' }>): Promise<void> {
    const session = this.#number;
    try {
      const reserved = await this.#opened().reserve(at, counts);
      this.#post({ type: 'reserved', session, ticket, reserved }, buffersOfReserved(reserved));
    } catch (error) {
      this.#post({ type: 'refused', session, ticket, error: packError(error) });
    }
  }

  over(error: PackedError): void {
    this.channel.end(unpackError(error));
  }

  close(): void {
    this.channel.end(new CovaultError('SESSION_ENDED', 'the session has ended'));
    this.#stock?.close();
  }

  #opened(): SessionStock {
    assert(this.#stock !== undefined, 'a stock that was opened');
    return this.#stock;
  }
}
