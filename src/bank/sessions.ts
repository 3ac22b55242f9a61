/**
 * The session that stands, from its forming to its end, and what an error in one of its computations comes to.
 *
 *     Formation --> a Session: its stock, the agreement in it --> lost link, failed check, timeout: the end, and the next
 *
 * Source: protocol.md, section 4.
 */
import type { Agreement, Ground } from '../agreement/index.js';
import { toHex } from '../crypto/index.js';
import { CovaultError, isCode } from '../errors.js';
import type { Channel } from '../ports.js';
import type { BankPorts } from './bank-ports.js';
import type { Driver } from './driver.js';
import { Formation, type FormationEvents } from './formation.js';
import { endOf } from './run-end.js';
import { type LiveStock, Session } from './session.js';

export interface SessionsOptions extends Pick<FormationEvents, 'send' | 'behind'> {
  readonly ports: BankPorts;
  readonly agreement: Agreement;
  readonly driver: Driver;
  readonly makesStock: () => boolean;
  /** Frames of a computation that one bank may send ahead, if not as many as ever. */
  readonly framesMax?: number;
  readonly isStopped: () => boolean;
  /** Before the agreement hears of it. */
  readonly begun: () => void;
  /** After that. */
  readonly receiveEarly: () => void;
  readonly stocked: () => void;
  readonly accuse: (culprit: number | undefined, why: string) => void;
  /** This bank's own trouble. */
  readonly broken: (error: unknown) => void;
}

export class Sessions {
  readonly formation: Formation;
  readonly counters = { failedChecks: 0, stalls: 0 };
  readonly #o: SessionsOptions;
  #current: Session | undefined;
  #isStockReady = false;

  constructor(options: SessionsOptions) {
    this.#o = options;
    const { ports, agreement, send, behind } = options;
    this.formation = new Formation(ports.network, ports.party.self, ports.random, {
      send,
      formed: id => this.#formed(id),
      ended: why => this.#ended(why),
      height: () => agreement.height,
      behind,
    });
  }

  get current(): Session | undefined {
    return this.#current;
  }

  get isStockReady(): boolean {
    return this.#isStockReady;
  }

  #formed(id: Uint8Array): void {
    const { ports, agreement, driver, framesMax, isStopped, begun, receiveEarly, stocked } = this.#o;
    if (isStopped()) return;
    const { network, party, transport, clock, log } = ports;
    log.info('session formed', { session: toHex(id.subarray(0, 8)) });
    const session = new Session({
      id,
      self: party.self,
      count: network.banks.length,
      transport,
      clock,
      openStock: channel => this.#openStock(id, channel),
      ...(framesMax && { framesMax }),
      standing: () => agreement.standing,
    });
    this.#current = session;
    this.#isStockReady = false;
    begun();
    session.stock.then(
      stock => {
        if (this.#current === session) this.#isStockReady = true;
        stocked();
        void stock.ended.then(error => this.runFailed(session, undefined, error));
      },
      error => this.runFailed(session, undefined, error),
    );
    driver.sessionFormed(session);
    receiveEarly();
  }

  #openStock(id: Uint8Array, channel: Channel): Promise<LiveStock> {
    const { ports, agreement, makesStock, accuse } = this.#o;
    if (!makesStock()) return Promise.reject(new CovaultError('SESSION_ENDED', 'this bank makes no stock'));
    return ports.openStock(id, channel, agreement.height === 0, error => accuse(error.culprit, error.message));
  }

  #ended(why: string): void {
    this.#o.ports.log.warn('session ended', { why });
    this.#current?.close(why);
    this.#current = undefined;
    this.#o.driver.sessionLost();
  }

  /** What a computation or the preprocessing ended in, by code. `ground`: of the computation. */
  runFailed(session: Session, ground: Ground | undefined, error: unknown): void {
    const { ports, driver, isStopped, accuse, broken } = this.#o;
    if (isStopped() || isCode(error, 'SESSION_ENDED', 'ATTEMPT_VOID')) return;
    // who deviated is named whatever has become of the session: a failed bet on a key must not be free
    if (isCode(error, 'DEVIATION', 'EQUIVOCATION')) {
      accuse(error.culprit, error.message);
      return;
    }
    if (this.#current !== session) return;
    const end = endOf(error);
    if (!end) {
      broken(error); // our own trouble is not the others'
    } else if (end.kind === 'accuse') {
      accuse(end.culprit, end.why);
    } else {
      if (end.kind === 'check-failed') this.counters.failedChecks++;
      if (end.kind === 'timed-out' && !ground) this.counters.stalls++;
      ports.log.warn(end.note, { why: end.why });
      if (end.kind === 'timed-out' && ground) driver.input({ type: 'failed', ...ground });
      else this.formation.end(end.note);
    }
  }
}
