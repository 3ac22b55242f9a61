/**
 * Random oblivious transfers in one direction between two banks, as the rest of preprocessing sees them.
 *
 *     chosen_k = choice_k ? one_k : zero_k           16 bytes each
 *
 * The sender learns no choice; the receiver learns nothing of the other block. Both ends call with the same counts, in
 * the same order, one call at a time per pair of banks. Positions move on at both ends and never repeat in a session.
 */

/** Blocks are 16 bytes: one AES key, two field elements before masking. */
export const blockBytes = 16;

export interface BlockPairs {
  readonly zero: Uint8Array;
  readonly one: Uint8Array;
}

/** `to`, below: memory that may serve for what is returned, at least as long; by the million, fresh memory is dear. */
export interface OtSender {
  /** Shapes: 16*count bytes each. Throws: DEVIATION naming the peer, before anything has been returned. */
  send(count: number, to?: BlockPairs): Promise<BlockPairs>;
}

export interface OtReceiver {
  /** Shapes: one byte, 0 or 1, a choice; 16*count bytes back. */
  receive(choices: Uint8Array, to?: Uint8Array): Promise<Uint8Array>;
}
