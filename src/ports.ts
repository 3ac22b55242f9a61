/**
 * What the library asks of its host: channels, time, randomness, a store. Nothing in `src/` opens a socket or a file,
 * reads a clock or draws randomness except through these.
 */

/**
 * Frames to and from every other bank, for one use, in one session: ordered, complete, each delivered once.
 * Banks are roster indices. A frame belongs to whoever got it last: the sender no longer touches it after `send`.
 */
export interface Channel {
  readonly self: number;
  readonly count: number;
  /** Resolves when the queue has room again. Throws SESSION_ENDED when the session is over. */
  send(to: number, frame: Uint8Array): Promise<void>;
  /** The next frame from that bank. Throws SESSION_ENDED when the session is over. One receiver per bank at a time. */
  receive(from: number): Promise<Uint8Array>;
}

/** Where random bytes come from. */
export interface Randomness {
  /** So many fresh bytes, fit for keys. */
  bytes(count: number): Uint8Array;
}

/** Time as the library needs it: it passes, and calls back. */
export interface Clock {
  /** Milliseconds, monotonic, of no meaning outside this process. */
  now(): number;
  /** Calls back once after `ms`, unless the returned function is called first. */
  after(ms: number, call: () => void): () => void;
}

/** One change of a batch: an entry is written, or is gone. */
export type StoreOp =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

/** Ordered keys, atomic batches. */
export interface Store {
  /** The value under this key, if there is one. */
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** All of it or nothing, on the disk when the promise resolves. */
  commit(ops: readonly StoreOp[]): Promise<void>;
  /** Entries with `from <= key < below`, in byte order. */
  range(from: Uint8Array, below: Uint8Array, limit?: number): AsyncIterable<readonly [Uint8Array, Uint8Array]>;
}

/** Structured, without secrets; the host decides where it goes. */
export interface Log {
  /** What happens when all is well. */
  info(event: string, facts?: Readonly<Record<string, string | number | boolean>>): void;
  /** What an operator may want to look at. */
  warn(event: string, facts?: Readonly<Record<string, string | number | boolean>>): void;
}
