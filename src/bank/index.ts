/** One bank, whole, over the ports it is given. */
export { decodeAdoption, encodeAdoption } from '../agreement/index.js';
export { type AdoptOptions, type AdoptResult, adopt } from './adopt.js';
export type {
  BankService,
  BankStatus,
  EnvelopeState,
  EvidenceStatus,
  PeerStatus,
  PlaceStatus,
  PreprocessingBytes,
  PreprocessingWork,
  RecordBytes,
  RecoveryStatus,
  StockLevel,
} from './api.js';
export { Bank } from './bank.js';
export type { BankPorts } from './bank-ports.js';
export { contentOf, type Intake, Opener, openHere, type Unopened } from './intake.js';
export { loadMacKeys, putMacKeys, putPardoned } from './mac-keys.js';
export type { BlockMemos, FoundMemos } from './memo-log.js';
export { type CopySource, type Rebuilt, rebuild } from './rebuild.js';
export { checkRekeyable } from './rekeying.js';
export type { LiveStock } from './session.js';
export type { Transport, Use } from './transport.js';
