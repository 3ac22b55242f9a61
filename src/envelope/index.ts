/** Envelopes: headers, packets, sealing and opening, and submission sessions. */
export {
  checkPacketLengths,
  decodeEnvelope,
  type Envelope,
  type EnvelopeOrder,
  encodeEnvelope,
  envelopeKind,
  openPacket,
  openPlaintext,
  packetsFit,
  type SealPacket,
  sealEnvelope,
} from './envelope.js';
export {
  type Arguments,
  type AuditArguments,
  type Core,
  decodeHeader,
  encodeCore,
  encodeHeader,
  envelopeId,
  type Header,
  headerId,
  type Kind,
  type OpenArguments,
  payeePageOf,
  type RekeyArguments,
  type RevealArguments,
  type TransferArguments,
} from './header.js';
export {
  blankMemo,
  checkMemoText,
  type MemoContent,
  memoSeedBytes,
  openMemo,
  receiptMask,
  sealMemo,
} from './memo.js';
export { decodePacket, expandRho, expandRhos, keyPartHash, type PacketContent } from './packet.js';
export { SubmissionSession } from './session.js';
export { SessionContexts } from './session-contexts.js';
export {
  decodeSubmission,
  decodeSubmissionReply,
  encodeSubmission,
  encodeSubmissionReply,
  type SubmissionReply,
} from './submission-messages.js';
