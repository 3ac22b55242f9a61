/** How far an exploration goes. */

/** Kinds of what a cheat says (`cheat.ts`); `plain`: a proposal that lists all envelopes, and none as burned. */
export const words = ['plain', 'proposal', 'signed', 'void', 'committed', 'certificate', 'again', 'lie'] as const;
export type Word = (typeof words)[number];

export interface Bounds {
  readonly banks: number;
  /** The bank that lies; none if all are honest. */
  readonly cheat: number | undefined;
  /** What it may say. */
  readonly words: readonly Word[];
  readonly envelopes: number;
  /** Of the envelopes, those that are at every honest bank from the start. */
  readonly early: number;
  /** Of honest banks. */
  readonly crashes: number;
  readonly breaks: number;
  readonly timeouts: number;
  /** What the cheat says that no honest bank could, and that ends the bank that hears it: forged, or an accusation. */
  readonly lies: number;
  /** The cheat also says things ahead of their time. */
  readonly ahead: boolean;
  /** The cheat makes an honest bank's computation end in another record than the others'. */
  readonly splits: number;
  /** A bank's disk is put back so often to what it held before the bank signed last, while that height is undecided. */
  readonly restores: number;
  /** To what it held before the bank marked last. */
  readonly beforeMark: boolean;
  readonly overlap: boolean;
  /** Beyond these nothing is followed. */
  readonly heights: number;
  readonly attempts: number;
  readonly rounds: number;
  /** States: the search ends there, and says so. */
  readonly statesMax: number;
}

/** Honest banks, one envelope, and one fault of each kind. */
export const small: Bounds = {
  banks: 2,
  cheat: undefined,
  words,
  envelopes: 1,
  early: 1,
  crashes: 1,
  breaks: 1,
  timeouts: 1,
  lies: 0,
  ahead: false,
  splits: 0,
  restores: 0,
  beforeMark: false,
  overlap: false,
  heights: 2,
  attempts: 3,
  rounds: 3,
  statesMax: 300_000,
};

/** One honest bank, one that lies. */
export const smallCheat: Bounds = {
  ...small,
  cheat: 1,
  crashes: 1,
  breaks: 0,
  timeouts: 1,
  lies: 1,
  attempts: 2,
  heights: 1,
  rounds: 2,
};

/** Two honest banks, one that lies. */
export const threeCheat: Bounds = {
  ...smallCheat,
  banks: 3,
  cheat: 2,
  words: ['plain', 'signed', 'void', 'committed', 'certificate'],
  crashes: 0,
  timeouts: 0,
  lies: 0,
  rounds: 1,
  statesMax: 4_000_000,
};

const alone = { crashes: 0, breaks: 0, timeouts: 0, lies: 0 };

/** What `./scripts/explore` goes through: some minutes. */
export const suite: readonly Bounds[] = [
  { ...small, crashes: 2, breaks: 0, timeouts: 0 },
  { ...small, crashes: 0 },
  { ...small, restores: 1, breaks: 0, timeouts: 0 },
  { ...small, restores: 1, crashes: 0 },
  { ...small, restores: 1, beforeMark: true, breaks: 0, timeouts: 0 },
  { ...small, ...alone, banks: 3 },
  { ...smallCheat, ...alone },
  { ...smallCheat, lies: 0, rounds: 1 },
  { ...smallCheat, ...alone, heights: 2, attempts: 1 },
  { ...smallCheat, ...alone, heights: 2, attempts: 1, rounds: 1, overlap: true },
  { ...smallCheat, ...alone, envelopes: 2, early: 2, attempts: 1, rounds: 1 },
  { ...threeCheat, words: ['plain', 'signed', 'void', 'certificate'] },
  { ...threeCheat, attempts: 1, lies: 1, words: ['plain', 'signed', 'void', 'lie'] },
];
