export type { BankService, BankStatus, EnvelopeState, PeerStatus, RecordBytes } from './api.js';
