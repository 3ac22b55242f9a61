/**
 * The wallet: keys, payments and what became of them.
 *
 * @module covault/wallet
 */
export type { ScryptCost } from '../crypto/index.js';
export { CovaultError, type ErrorCode, errorTable, type Facts, isCode } from '../errors.js';
export { type RejectReason, rejectReasons } from '../ledger/log.js';
export { memoTextBytesMax } from '../limits.js';
export {
  type Amendment,
  type BankChange,
  type BankIdentity,
  type Change,
  decodeNetworkFile,
  type FundedSlot,
  type Gateways,
  type Network,
  type NetworkFile,
  type NetworkGenesis,
  type Pardon,
} from '../network/index.js';
export type { Clock, Randomness } from '../ports.js';
export {
  checkAccount,
  decodeAddress,
  decodePayee,
  encodeAddress,
  type Payee,
  readAccount,
  readPayee,
} from './address.js';
export { type AmountForm, checkAmount, formatAmount, formatChange, parseAmount } from './amount.js';
export type { BatchOptions, BatchProgress, BatchResult } from './batch.js';
export { type BatchFault, type BatchPayment, BatchRefused } from './batch-plan.js';
export { type Claim, decodeClaim, encodeClaim, makeClaim, newClaimSecret } from './claim.js';
export type { EnvelopeNews } from './client.js';
export { type ConsentInfo, type GivenConsent, type ViewedBalance, type ViewOptions, viewBalance } from './consents.js';
export type {
  BalanceEntry,
  HistoryEntry,
  HistoryRange,
  OtherEntry,
  ReceivedEntry,
  SentEntry,
} from './history.js';
export { checkSeedPhrase, newSeedPhrase, type WordCount } from './keys.js';
export type { ReceiveOptions, ReceiveResult } from './memos.js';
export type { OpenOptions } from './opening.js';
export type {
  GatewayAnswer,
  GatewayPort,
  GatewayRequest,
  SubmissionEvents,
  SubmissionPort,
  SubmissionSocket,
  Surroundings,
  WalletStore,
} from './ports.js';
export type { CallOptions, Progress } from './progress.js';
export type { Why } from './state.js';
export {
  type BalanceAt,
  type Statement,
  type StatementLine,
  statementCsv,
  statementText,
} from './statement.js';
export {
  decodeViewingCode,
  encodeViewingCode,
  type ViewingCode,
  type ViewingKey,
  viewingLink,
  viewingQr,
} from './viewing-code.js';
export { Wallet } from './wallet.js';
export { scryptCostDefault } from './wallet-file.js';
export type {
  AccountInfo,
  NewWalletOptions,
  PaymentInfo,
  TransferOptions,
  TransferResult,
  WalletOptions,
} from './wallet-types.js';
