/**
 * Where packets are opened: what a bank checks of an envelope that needs its sealing key or much time, and none of its ledger.
 *
 *     in     header and id; the own packet; where a signature is due, it and the key the ledger has for it
 *     out    k_i and the share, or the reason why not: BAD_SIGNATURE first, then PACKET_UNREADABLE
 *
 * It may take place on this thread (`openHere`) or on others (`node/intake/`): whoever asks gets the answer later, when the
 * ledger may have moved. So admission, expiry and what was seen are the asker's, before and after (`envelope-desk.ts`).
 *
 * Left on the asker's thread, by measurement: decoding of headers and ids, 6 us an envelope against 150 here; seeds are
 * expanded when a block is computed (6 us for K = 1), because taking over an expanded share costs a third of that and
 * each that waits would hold 4 KB.
 */
import type { Header, PacketContent } from '../envelope/index.js';
import { decodePacket, openPlaintext, SessionContexts } from '../envelope/index.js';
import { checkSignature, type Signed } from '../ledger/admission.js';

export interface Unopened {
  readonly header: Header;
  readonly id: Uint8Array;
  /** Elements of the input vector: L. */
  readonly length: number;
  readonly signed: Signed | undefined;
  /** Nothing where the envelope was opened before, and only the signature is in question. */
  readonly packet: Uint8Array | undefined;
}

export interface Intake {
  /**
   * `from`: the bank that sent it, or this bank for its own holders'; none waits for all that another sends.
   * Answers with nothing where there is no packet. Throws: BAD_SIGNATURE, PACKET_UNREADABLE; WORKER_LOST (asked again, it
   * may be answered); SESSION_ENDED once it is stopped.
   */
  open(from: number, unopened: Unopened): Promise<PacketContent | undefined>;
}

/** Holds the sealing secret, and what is remembered of submission sessions: by sender, so that none pushes out another's. */
export class Opener {
  readonly #self: number;
  readonly #sealingSecret: Uint8Array;
  readonly #contexts: readonly SessionContexts[];

  /** `sealingSecret`: 32 bytes, wiped by `wipe`. */
  constructor({ self, count }: { readonly self: number; readonly count: number }, sealingSecret: Uint8Array) {
    this.#self = self;
    this.#sealingSecret = sealingSecret;
    this.#contexts = Array.from({ length: count }, () => new SessionContexts());
  }

  /** The checked plaintext of the packet. Throws: BAD_SIGNATURE, PACKET_UNREADABLE. */
  open(from: number, { header, id, length, signed, packet }: Unopened): Uint8Array | undefined {
    if (signed) checkSignature(signed, id);
    return packet && openPlaintext(header, id, this.#self, this.#sealingSecret, packet, length, this.#contexts[from]);
  }

  /** Nothing opens afterwards. */
  wipe(): void {
    this.#sealingSecret.fill(0);
    for (const contexts of this.#contexts) contexts.wipe();
  }
}

/** What an opener has found, for the bank `self`. */
export function contentOf(plaintext: Uint8Array, { header, length }: Unopened, self: number): PacketContent {
  return decodePacket(plaintext, header.explicitBank === self, length);
}

/** At once, on the thread that asks: for tests, simulations and small banks. */
export function openHere(party: { readonly self: number; readonly count: number }, sealingSecret: Uint8Array): Intake {
  const opener = new Opener(party, sealingSecret);
  return {
    open: async (from, unopened) => {
      const plaintext = opener.open(from, unopened);
      return plaintext && contentOf(plaintext, unopened, party.self);
    },
  };
}
