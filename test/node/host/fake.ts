/**
 * Two links joined by bytes in memory, under a clock that a test moves: what was sent arrives when the test says so, as
 * much of it as it says, and a connection can be cut anywhere.
 */
import { decodeMessage, type Message, Unframer, type Use, uses } from '../../../node/host/framing.js';
import { PeerLink } from '../../../node/host/link.js';
import type { Wire } from '../../../node/host/link-parts.js';
import { concatBytes, seededRandom, utf8 } from '../../../src/crypto/index.js';
import type { Clock, Log } from '../../../src/ports.js';

export const quiet: Log = { info() {}, warn() {} };

export interface ManualClock extends Clock {
  /** Moves on, calling back what falls due on the way. */
  pass(ms: number): void;
}

export function manualClock(): ManualClock {
  let now = 0;
  let due: { at: number; call: () => void }[] = [];
  return {
    now: () => now,
    after(ms, call) {
      const timer = { at: now + ms, call };
      due.push(timer);
      return () => {
        due = due.filter(other => other !== timer);
      };
    },
    pass(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = due.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        due = due.filter(timer => timer !== next);
        now = next.at;
        next.call();
      }
      now = end;
    },
  };
}

/** One end of a connection: what it sent lies here until it is carried over. */
export class FakeWire implements Wire {
  readonly sent: Record<Use, Uint8Array[]> = { envelopes: [], agreement: [], preprocessing: [] };
  readonly #unframers = new Map(uses.map(use => [use, new Unframer()] as const));
  closed: string | undefined;
  isReady = true;

  ready(): boolean {
    return this.isReady;
  }

  send(use: Use, bytes: Uint8Array): void {
    if (this.closed === undefined) this.sent[use].push(bytes);
  }

  close(why: string): void {
    this.closed ??= why;
  }

  /** Takes up to `countMax` bytes of one use off this end and hands what they complete to the other. */
  carry(use: Use, countMax: number, to: Bank): void {
    const bytes = concatBytes(...this.sent[use]);
    this.sent[use] = bytes.length > countMax ? [bytes.slice(countMax)] : [];
    const peerWire = to.wire;
    const unframer = this.#unframers.get(use);
    if (peerWire === undefined || unframer === undefined) return;
    for (const body of unframer.push(bytes.subarray(0, countMax))) {
      to.link.receive(peerWire, use, decodeMessage(body));
    }
  }
}

/** A bank's end of the link and all that it reports. */
export class Bank {
  readonly link: PeerLink;
  readonly heard: { use: Use; frame: Uint8Array }[] = [];
  readonly events: string[] = [];
  readonly epochs: Uint8Array[] = [];
  readonly versions: string[] = [];
  wire: FakeWire | undefined;
  /** What a handler waits for. */
  hold: Promise<void> | undefined;

  constructor(name: string, clock: Clock, lossMs = 1000, version = '0') {
    const random = seededRandom(utf8(`a seed for bank ${name}`));
    this.link = new PeerLink(
      { epoch: random.bytes(16), version, lossMs, clock, random, log: quiet },
      {
        up: (epoch, version) => {
          this.events.push('up');
          this.epochs.push(epoch);
          this.versions.push(version);
        },
        down: why => this.events.push(`down: ${why}`),
        frame: (use, frame) => {
          this.heard.push({ use, frame });
          return this.hold;
        },
        changed: () => {},
        misbehaved: what => this.events.push(`misbehaved: ${what}`),
      },
    );
  }

  /** Hands the link one message as if it had come on its connection. */
  take(use: Use, message: Message): void {
    if (this.wire) this.link.receive(this.wire, use, message);
  }
}

export function connect(a: Bank, b: Bank): void {
  a.wire = new FakeWire();
  b.wire = new FakeWire();
  a.link.attach(a.wire);
  b.link.attach(b.wire);
}

/** Everything that is on its way arrives, and what that brings about. */
export async function settle(a: Bank, b: Bank): Promise<void> {
  for (let idle = 0; idle < 3; ) {
    let moved = false;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const use of uses) {
        if (!from.wire?.sent[use].length) continue;
        moved = true;
        from.wire.carry(use, Number.POSITIVE_INFINITY, to);
      }
    }
    await new Promise(resolve => setImmediate(resolve));
    idle = moved ? 0 : idle + 1;
  }
}

/** The connection breaks: what is on its way is lost. */
export function cut(a: Bank, b: Bank): void {
  for (const bank of [a, b]) {
    const wire = bank.wire;
    bank.wire = undefined;
    if (wire) bank.link.lost(wire, 'cut');
  }
}
