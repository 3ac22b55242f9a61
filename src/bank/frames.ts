/**
 * Frames of other banks: decoded, and handed to the part that they are for.
 *
 *     agreement        nonces, links --> Formation;  messages --> Driver;  a block's computation --> the Session
 *     preprocessing    --> the Session
 *     envelopes        --> EnvelopeDesk, many at a time
 *
 * What is of a session that does not stand here yet waits until one forms. A frame that no honest bank sends accuses its sender.
 *
 * Not here: what is sent, and links (`bank.ts`).
 *
 * Source: protocol.md, sections 4, 5 and 9.
 */
import { isCode } from '../errors.js';
import { storingEnvelopesMax } from '../limits.js';
import type { Clock } from '../ports.js';
import type { Driver } from './driver.js';
import { EarlyFrames } from './early-frames.js';
import type { EnvelopeDesk } from './envelope-desk.js';
import type { Formation } from './formation.js';
import { InFlight } from './in-flight.js';
import type { Session } from './session.js';
import {
  type AgreementFrame,
  decodeAgreementFrame,
  decodeEnvelopeFrame,
  decodePreprocessingFrame,
  type Use,
} from './transport.js';

/** Packets are opened so many at a time: milliseconds, for which nothing else is heard. */
const envelopesAtOnce = 8;

export interface FramesOptions {
  readonly banks: number;
  readonly clock: Clock;
  readonly formation: Formation;
  readonly driver: Driver;
  readonly desk: EnvelopeDesk;
  /** That stands now. */
  readonly session: () => Session | undefined;
  /** If not, other banks tell them again when this one has started anew. */
  readonly takesEnvelopes: boolean;
  readonly isStopped: () => boolean;
  readonly accuse: (culprit: number | undefined, why: string) => void;
  /** This bank's own trouble. */
  readonly broken: (error: unknown) => void;
}

export class Frames {
  readonly #o: FramesOptions;
  readonly #early = new EarlyFrames();
  /** Envelopes on their way to the disk. */
  readonly #storing = new InFlight(storingEnvelopesMax, (from, error) => this.#failed(from, 'envelopes', error));

  constructor(options: FramesOptions) {
    this.#o = options;
  }

  /** While the promise is open its sender may be slowed down. Never rejects. */
  async receive(from: number, use: Use, frame: Uint8Array): Promise<void> {
    if (this.#o.isStopped()) return;
    try {
      if (use === 'agreement') await this.#agreement(from, frame);
      else if (use === 'preprocessing') await this.#preprocessing(from, frame);
      else await this.#envelopes(from, frame);
    } catch (error) {
      this.#failed(from, use, error);
    }
  }

  /** A session stands: what came too early for it. If some of that was lost, the session is given up for the next. */
  receiveEarly(): void {
    const session = this.#o.session();
    if (!session) return;
    const { frames, isComplete } = this.#early.take(session.prefix);
    if (!isComplete) this.#o.formation.end('more came early for it than is kept');
    else for (const { from, use, frame } of frames) void this.receive(from, use, frame);
  }

  #failed(from: number, use: Use, error: unknown): void {
    const { accuse, broken } = this.#o;
    if (isCode(error, 'MALFORMED', 'OVERSIZED')) accuse(from, `a malformed frame (${use})`);
    else if (isCode(error, 'DEVIATION')) accuse(error.culprit, error.message);
    else broken(error);
  }

  async #agreement(from: number, bytes: Uint8Array): Promise<void> {
    const { formation, driver, session } = this.#o;
    const frame = decodeAgreementFrame(bytes);
    switch (frame.kind) {
      case 'hello':
      case 'confirm':
        formation.receive(from, frame);
        break;
      case 'ahead':
        driver.input({ type: 'ahead', from, certified: frame.certified });
        return driver.room();
      case 'message':
        if (!session()?.owns(frame.session)) {
          return this.#early.keep({ from, use: 'agreement', session: frame.session, frame: bytes });
        }
        driver.input({ type: 'message', from, bytes: frame.bytes });
        return driver.room();
      case 'computation':
        this.#computation(from, frame, bytes);
    }
  }

  #computation(from: number, frame: Extract<AgreementFrame, { kind: 'computation' }>, bytes: Uint8Array): void {
    const session = this.#o.session();
    if (session?.owns(frame.session)) session.computationFrame(from, frame, frame.bytes);
    else this.#early.keep({ from, use: 'agreement', session: frame.session, frame: bytes });
  }

  async #preprocessing(from: number, bytes: Uint8Array): Promise<void> {
    const session = this.#o.session();
    const { session: of, frame } = decodePreprocessingFrame(bytes);
    if (!session?.owns(of)) return this.#early.keep({ from, use: 'preprocessing', session: of, frame: bytes });
    if (!(await session.preprocessingFrame(from, frame))) {
      this.#o.accuse(from, 'preprocessing frames beyond every bound');
    }
  }

  async #envelopes(from: number, bytes: Uint8Array): Promise<void> {
    const { banks, clock, desk, takesEnvelopes, isStopped } = this.#o;
    const frame = decodeEnvelopeFrame(bytes, banks);
    if (frame.kind === 'want') return desk.answer(from, frame.ids);
    if (!takesEnvelopes) return;
    for (const [i, forwarded] of frame.envelopes.entries()) {
      if (i > 0 && i % envelopesAtOnce === 0) await new Promise<void>(resolve => clock.after(0, resolve));
      if (isStopped()) return;
      this.#storing.add(from, desk.receive(from, forwarded));
    }
    await this.#storing.room(from);
  }
}
