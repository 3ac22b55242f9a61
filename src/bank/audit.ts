/**
 * The envelope with which a bank's operator has the balances summed. Source: protocol.md, section 8.
 */
import { ed25519 } from '../crypto/index.js';
import { type Envelope, sealEnvelope } from '../envelope/index.js';
import { expiryHeightsDefault } from '../limits.js';
import type { Network } from '../network/index.js';
import { buildAudit } from '../operations/index.js';
import type { Randomness } from '../ports.js';

/** `bank`: roster index. `identitySeed`: its Ed25519 seed, 32 bytes. `height`: the last committed. */
export function sealAudit(
  network: Network,
  bank: number,
  identitySeed: Uint8Array,
  height: number,
  random: Randomness,
): Envelope {
  return sealEnvelope(
    network,
    {
      arguments: { kind: 'audit', bank },
      expiry: height + expiryHeightsDefault,
      x: buildAudit(network, random),
      sign: id => ed25519.sign(identitySeed, id),
    },
    random,
  );
}
