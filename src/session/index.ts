/** Sessions: n banks in one conversation, and their coin. */
export { CoinToss, coinCommitmentBytes, coinRevealBytes } from './coin.js';
export { type Incoming, type Outgoing, Rounds } from './rounds.js';
