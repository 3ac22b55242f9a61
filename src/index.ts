/**
 * What the outside may import: the wallet, the network file, the public log and its verification, and a whole bank over
 * ports. The wallet alone, for browsers, is `covault/wallet`.
 *
 * @module covault
 */
export {
  Bank,
  type BankPorts,
  type BankService,
  type BankStatus,
  type BlockMemos,
  type EnvelopeState,
  type EvidenceStatus,
  type FoundMemos,
  type PeerStatus,
  type PlaceStatus,
  type PreprocessingBytes,
  type PreprocessingWork,
  type RecordBytes,
  type RecoveryStatus,
  type StockLevel,
  type Transport,
  type Use,
} from './bank/index.js';
export {
  type Certificate,
  type ChainHead,
  ChainVerifier,
  decodeRecord,
  type Entry,
  type FinalityProof,
  type LedgerRecord,
  type Receipts,
  type RecordSignature,
  readCertificate,
  type Status,
  type Verify,
  verifyCertificate,
  verifyFinal,
} from './ledger/log.js';
export { encodeNetworkFile, makeNetwork } from './network/index.js';
export type { Channel, Log, Store, StoreOp } from './ports.js';
export * from './wallet/index.js';
