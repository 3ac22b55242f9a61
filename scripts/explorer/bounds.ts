/** How far an exploration goes. */
export interface Bounds {
  readonly banks: number;
  readonly envelopes: number;
  /** Of the envelopes, those that are at every bank from the start. */
  readonly early: number;
  readonly crashes: number;
  readonly breaks: number;
  readonly timeouts: number;
  readonly overlap: boolean;
  /** Beyond these nothing is followed. */
  readonly heights: number;
  readonly attempts: number;
  readonly rounds: number;
  /** States: the search ends there, and says so. */
  readonly statesMax: number;
}

/** One envelope, and one fault of each kind. */
export const small: Bounds = {
  banks: 2,
  envelopes: 1,
  early: 1,
  crashes: 1,
  breaks: 1,
  timeouts: 1,
  overlap: false,
  heights: 2,
  attempts: 3,
  rounds: 3,
  statesMax: 300_000,
};
