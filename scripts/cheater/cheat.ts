/**
 * The cheating bank: a real bank whose frames pass through a hand on their way out. What it says in one message, to all
 * others or to one, is changed once; before and afterwards it keeps to the protocol.
 */
import { type Announcement, byGroup, groupStatement } from '../../src/agreement/announcement.js';
import { decodeMessage, encodeMessage, type Message as Said } from '../../src/agreement/messages.js';
import { voidStatement } from '../../src/agreement/statements.js';
import {
  decodeAgreementFrame,
  decodeEnvelopeFrame,
  encodeAgreementFrame,
  encodeEnvelopeFrame,
  type Use,
} from '../../src/bank/transport.js';
import { ed25519 } from '../../src/crypto/index.js';
import { committedStatement, recordStatement } from '../../src/ledger/log.js';
import { stepTimeoutMs } from '../../src/limits.js';
import type { Clock } from '../../src/ports.js';
import type { NetworkWorld } from '../../test/harness/network.js';
import type { Deviation } from './deviations.js';
import { type Message, takeApart } from './wire.js';

/** Late: within what a step may take. Too late: the others have given up. */
const lateMs = 150;
const tooLateMs = 1.5 * stepTimeoutMs;

export interface Hand {
  readonly world: NetworkWorld;
  readonly clock: Clock;
  readonly cheater: number;
  /** The bank that is told something else, where only one is. */
  readonly victim: number;
}

export class Cheat {
  readonly #hand: Hand;
  readonly #deviation: Deviation | undefined;
  /** Last message of each kind to each bank, before it was armed; how many since. */
  readonly #earlier = new Map<string, Message>();
  readonly #counts = new Map<string, number>();
  readonly #held: { readonly to: number; readonly use: Use; readonly frame: Uint8Array }[] = [];
  /** From here on messages are counted, and one of them is changed. */
  isArmed = false;
  /** Frames that were changed. */
  done = 0;
  /** Every message since it was armed, of every kind the first ones: what an honest run is recorded by. */
  readonly said: { readonly message: Message; readonly to: number; readonly occurrence: number }[] = [];

  constructor(hand: Hand, deviation: Deviation | undefined) {
    this.#hand = hand;
    this.#deviation = deviation;
  }

  /** What leaves in place of this frame. */
  pass(to: number, use: Use, frame: Uint8Array): readonly Uint8Array[] {
    const { world } = this.#hand;
    const message = takeApart(use, frame, world.network.banks.length, world.network.pageSize);
    const key = `${message.kind}/${to}`;
    if (!this.isArmed) {
      this.#earlier.set(key, message);
      return [frame];
    }
    const occurrence = this.#counts.get(key) ?? 0;
    this.#counts.set(key, occurrence + 1);
    this.said.push({ message, to, occurrence });
    const released = this.#release(to, use);
    const isMeant = message.kind === this.#deviation?.kind && occurrence === 0;
    if (!isMeant || (this.#deviation.to === 'one' && to !== this.#hand.victim)) return [frame, ...released];
    return [...this.#change(this.#deviation, message, to), ...released];
  }

  #change({ does }: Deviation, message: Message, to: number): readonly Uint8Array[] {
    const { bytes, use, kind } = message;
    const earlier = this.#earlier.get(`${kind}/${to}`);
    if (typeof does !== 'string') {
      const signAnew = (frame: Uint8Array) => signedAnew(this.#hand, use, frame);
      const edited = does(bytes, message, { banks: this.#hand.world.network.banks.length, earlier, signAnew });
      if (edited) this.done++;
      return edited === undefined ? [bytes] : edited instanceof Uint8Array ? [edited] : edited;
    }
    if (does === 'of an earlier block' && !earlier) return [bytes];
    this.done++;
    switch (does) {
      case 'left out':
        return [];
      case 'late':
      case 'too late':
        this.#later(does === 'late' ? lateMs : tooLateMs, to, use, bytes);
        return [];
      case 'twice':
        return [bytes, bytes.slice()];
      case 'after the next one':
        this.#held.push({ to, use, frame: bytes });
        return [];
      case 'of an earlier block':
        return [(earlier as Message).bytes.slice()];
    }
  }

  #later(ms: number, to: number, use: Use, frame: Uint8Array): void {
    const { world, clock, cheater } = this.#hand;
    clock.after(ms, () => world.deliver(cheater, to, use, frame));
  }

  #release(to: number, use: Use): Uint8Array[] {
    const free = this.#held.filter(held => held.to === to && held.use === use);
    for (const each of free) this.#held.splice(this.#held.indexOf(each), 1);
    return free.map(({ frame }) => frame);
  }
}

/** The same statement with the cheater's own signature under it; nothing where it is not the cheater's to sign. */
function signedAnew({ world, cheater }: Hand, use: Use, frame: Uint8Array): Uint8Array | undefined {
  const { network } = world;
  const banks = network.banks.length;
  const sign = (statement: Uint8Array) => ed25519.sign(world.identitySeeds[cheater], statement);
  try {
    if (use === 'envelopes') {
      const decoded = decodeEnvelopeFrame(frame, banks);
      if (decoded.kind !== 'forward') return undefined;
      const envelopes = groupSignedAnew(decoded.envelopes, each => each.announcement, cheater, network.id, sign);
      return envelopes && encodeEnvelopeFrame({ kind: 'forward', envelopes });
    }
    const decoded = decodeAgreementFrame(frame);
    if (decoded.kind !== 'message') return undefined;
    const said = resigned(decodeMessage(decoded.bytes, banks), cheater, network.id, sign);
    return said && encodeAgreementFrame({ ...decoded, bytes: encodeMessage(said) });
  } catch {
    return undefined; // what was changed is no statement any more
  }
}

function resigned(
  said: Said,
  cheater: number,
  id: Uint8Array,
  sign: (statement: Uint8Array) => Uint8Array,
): Said | undefined {
  switch (said.kind) {
    case 'signed': {
      const { signed } = said;
      if (signed.bank !== cheater) return undefined;
      return {
        kind: 'signed',
        signed: { ...signed, signature: sign(recordStatement(id, signed, cheater, signed.commitment)) },
      };
    }
    case 'void': {
      const { void: v } = said;
      if (v.bank !== cheater) return undefined;
      return { kind: 'void', void: { ...v, signature: sign(voidStatement(id, v, cheater, v.root)) } };
    }
    case 'committed': {
      const { committed } = said;
      const signature = sign(committedStatement(id, committed.height, committed.hash));
      return { kind: 'committed', committed: { ...committed, signature } };
    }
    case 'proposal': {
      const items = said.ready.map(announcement => ({ announcement }));
      const ready = groupSignedAnew(items, each => each.announcement, cheater, id, sign);
      return ready && { ...said, ready: ready.map(({ announcement }) => announcement) };
    }
    default:
      return undefined;
  }
}

/** The first group, where it is the cheater's. */
function groupSignedAnew<T extends { readonly announcement: Announcement }>(
  items: readonly T[],
  announcementOf: (item: T) => Announcement,
  cheater: number,
  id: Uint8Array,
  sign: (statement: Uint8Array) => Uint8Array,
): T[] | undefined {
  const [first] = byGroup(items, announcementOf);
  if (first?.group.sponsor !== cheater) return undefined;
  const group = { ...first.group, signature: sign(groupStatement(id, first.group)) };
  return items.map(item =>
    first.items.includes(item) ? { ...item, announcement: { ...item.announcement, group } } : item,
  );
}
