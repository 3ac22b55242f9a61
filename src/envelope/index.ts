export {
  checkPacketLengths,
  decodeEnvelope,
  type Envelope,
  type EnvelopeOrder,
  encodeEnvelope,
  openPacket,
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
  type Kind,
  type OpenArguments,
  type RevealArguments,
  type TransferArguments,
} from './header.js';
export { expandRho, expandRhos, keyPartHash, type PacketContent } from './packet.js';
