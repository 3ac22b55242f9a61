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
export { contentOf, type Intake, Opener, openHere, type Unopened } from './intake.js';
export type { LiveStock } from './session.js';
export type { Transport, Use } from './transport.js';
