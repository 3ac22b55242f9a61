export type {
  BankService,
  BankStatus,
  EnvelopeState,
  PeerStatus,
  PreprocessingBytes,
  PreprocessingWork,
  RecordBytes,
  StockLevel,
} from './api.js';
export { Bank, type BankPorts } from './bank.js';
export type { LiveStock } from './session.js';
export type { Transport, Use } from './transport.js';
