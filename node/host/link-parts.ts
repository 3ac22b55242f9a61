/**
 * What a link is made of: the connection it needs, what lives as long as that connection, and what outlives it.
 */
import { linkWindowBytes } from '../../src/limits.js';
import { Inflow, Outflow } from './flow.js';
import { type Hello, type Use, uses } from './framing.js';

/** What a link needs of a connection: one pipe a use, in order, that may break at any time. */
export interface Wire {
  /** Takes more now. When it does again, whoever made the wire calls `writable`. */
  ready(use: Use): boolean;
  /** Sends, or keeps for sending, even if not ready: what is not a piece is small. Never throws. */
  send(use: Use, bytes: Uint8Array): void;
  /** Both ways, at once; or, gently, after what was sent. */
  close(why: string, gently: boolean): void;
}

/** What lives as long as the link does. */
export class Session {
  readonly tag: Uint8Array;
  readonly epoch: Uint8Array;
  /** Of the peer's software. */
  readonly version: string;
  up = false;
  readonly flows: Readonly<Record<Use, Flows>>;

  constructor(tag: Uint8Array, { epoch, version }: Pick<Hello, 'epoch' | 'version'>) {
    this.tag = tag;
    this.epoch = epoch;
    this.version = version;
    this.flows = { envelopes: new Flows(), agreement: new Flows(), preprocessing: new Flows() };
  }
}

export class Flows {
  readonly out = new Outflow();
  readonly in = new Inflow();
  readonly waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  delivering = false;
  /** What the last ack said. */
  told = { next: 0, credit: linkWindowBytes };
}

/** What lives as long as the connection does. */
export class Carrier {
  readonly wire: Wire;
  readonly nonce: Uint8Array;
  readonly resumes: Uint8Array;
  readonly greeted = new Map<Use, Hello>();
  readonly since: number;
  heard: number;
  stopTicking = () => {};

  constructor(wire: Wire, nonce: Uint8Array, resumes: Uint8Array, now: number) {
    this.wire = wire;
    this.nonce = nonce;
    this.resumes = resumes;
    this.since = now;
    this.heard = now;
  }

  get complete(): boolean {
    return this.greeted.size === uses.length;
  }
}
