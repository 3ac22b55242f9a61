/**
 * What the outside may import: the wallet, the network file, the public log and its verification, and a whole bank over
 * ports. The wallet alone, for browsers, is `covault/wallet`.
 */
export { Bank, type BankPorts, type BankService, type BankStatus, type EnvelopeState } from './bank/index.js';
export { CovaultError, type ErrorCode, errorTable, type Facts, isCode } from './errors.js';
export {
  ChainVerifier,
  decodeRecord,
  type Entry,
  type LedgerRecord,
  readCertificate,
  type Status,
  verifyCertificate,
  verifyFinal,
} from './ledger/log.js';
export {
  type BankIdentity,
  encodeNetworkFile,
  makeNetwork,
  type NetworkGenesis,
} from './network/index.js';
export type { Channel, Clock, Log, Randomness, Store, StoreOp } from './ports.js';
export * from './wallet/index.js';
