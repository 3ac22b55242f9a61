/**
 * How n banks come into one session, and how it ends: a pure machine.
 *
 *     hello(nonce_i, h_i)  to every linked bank, when the link comes up or the own nonce changes; h_i: last committed height
 *     id                   H(network id, roster version, nonce_1 .. nonce_n)
 *     confirm(id)          once every bank's nonce is here, and no height is more than one away from the own one; the
 *                          session stands when all have confirmed the same id
 *
 * The loss of one link, or a new nonce of one bank, ends it for all: a bank whose session has ended draws a new nonce, so
 * the others learn of it and draw theirs. No id ever comes twice, and nothing of a session outlives it.
 *
 * Honest banks are never more than a height apart. One that stands further back has had its disk set back: with it nobody
 * forms a session, so that nothing of an old disk is run, its spent link elements least of all. It is told (`behind`), and
 * the others wait for it as for a bank that is away.
 *
 * Source: protocol.md, sections 4 and 10.
 */
import { Writer } from '../codec/index.js';
import { equalBytes, hash } from '../crypto/index.js';
import type { Network } from '../network/index.js';
import type { Randomness } from '../ports.js';

export type FormationMessage =
  | { readonly kind: 'hello'; readonly nonce: Uint8Array; readonly height: number }
  | { readonly kind: 'confirm'; readonly id: Uint8Array };

export interface FormationEvents {
  send(to: number, message: FormationMessage): void;
  formed(id: Uint8Array): void;
  ended(why: string): void;
  /** Last committed, of this bank. */
  height(): number;
  /** That bank's disk has been set back. */
  behind(bank: number): void;
}

interface Peer {
  linked: boolean;
  nonce: Uint8Array | undefined;
  /** It came with the nonce. */
  height: number;
  confirmed: Uint8Array | undefined;
}

const unlinked: Peer = { linked: false, nonce: undefined, height: 0, confirmed: undefined };

export class Formation {
  readonly #network: Network;
  readonly #self: number;
  readonly #random: Randomness;
  readonly #events: FormationEvents;
  readonly #peers: Peer[];
  #nonce: Uint8Array;
  /** The id of the nonces at hand, once all are. */
  #candidate: Uint8Array | undefined;
  #formed = false;

  constructor(network: Network, self: number, random: Randomness, events: FormationEvents) {
    this.#network = network;
    this.#self = self;
    this.#random = random;
    this.#events = events;
    this.#nonce = random.bytes(32);
    this.#peers = network.banks.map(() => ({ ...unlinked }));
  }

  /** Banks without which there is no session. */
  missing(): number[] {
    return this.#others().filter(i => !this.#peers[i].linked || this.#isBehind(i));
  }

  #isBehind(bank: number): boolean {
    const { nonce, height } = this.#peers[bank];
    // what was said at the start of a session that stands is of the past
    return !this.#formed && nonce !== undefined && height < this.#events.height() - 1;
  }

  #hello(): FormationMessage {
    return { kind: 'hello', nonce: this.#nonce, height: this.#events.height() };
  }

  linkUp(bank: number): void {
    this.linkDown(bank, 'a bank has started anew');
    this.#peers[bank].linked = true;
    this.#events.send(bank, this.#hello());
  }

  linkDown(bank: number, why: string): void {
    this.#peers[bank] = { ...unlinked };
    this.#candidate = undefined;
    this.end(why);
  }

  /** Ends the session that stands, if one does, and asks for the next. */
  end(why: string): void {
    if (!this.#formed) return;
    this.#formed = false;
    this.#renew();
    this.#events.ended(why);
  }

  receive(from: number, message: FormationMessage): void {
    const peer = this.#peers[from];
    if (!peer.linked) return;
    if (message.kind === 'hello') {
      const repeated = peer.nonce !== undefined && equalBytes(peer.nonce, message.nonce);
      peer.nonce = message.nonce;
      peer.height = message.height;
      if (repeated && !this.#formed) this.#answerAgain(from);
      peer.confirmed = undefined;
      this.end('a bank asks for a new session');
      if (this.#isBehind(from)) this.#events.behind(from);
      this.#propose();
    } else {
      peer.confirmed = message.id;
      this.#conclude();
    }
  }

  /** It says the same again: its link is new and ours is not, so it has heard nothing of this. */
  #answerAgain(bank: number): void {
    this.#events.send(bank, this.#hello());
    if (this.#candidate) this.#events.send(bank, { kind: 'confirm', id: this.#candidate });
  }

  #others(): number[] {
    return this.#peers.map((_, i) => i).filter(i => i !== this.#self);
  }

  /** A new nonce: what was confirmed under the old one counts no more. */
  #renew(): void {
    this.#nonce = this.#random.bytes(32);
    this.#candidate = undefined;
    for (const i of this.#others()) {
      if (this.#peers[i].linked) this.#events.send(i, this.#hello());
    }
    this.#propose();
  }

  #propose(): void {
    const others = this.#others();
    if (others.some(i => !this.#peers[i].linked || !this.#peers[i].nonce)) return;
    if (others.some(i => Math.abs(this.#peers[i].height - this.#events.height()) > 1)) return;
    const nonces = this.#peers.map((peer, i) => (i === this.#self ? this.#nonce : (peer.nonce as Uint8Array)));
    const version = new Writer(4).u32(this.#network.rosterVersion).done();
    const id = hash('covault/session', this.#network.id, version, ...nonces);
    if (this.#candidate && equalBytes(this.#candidate, id)) return;
    this.#candidate = id;
    for (const i of others) this.#events.send(i, { kind: 'confirm', id });
    this.#conclude();
  }

  #conclude(): void {
    const id = this.#candidate;
    if (this.#formed || !id) return;
    const all = this.#others().every(i => {
      const { confirmed } = this.#peers[i];
      return confirmed !== undefined && equalBytes(confirmed, id);
    });
    if (!all) return;
    this.#formed = true;
    this.#events.formed(id);
  }
}
