/**
 * An audit: the sum of all balances is opened and must be the public supply.
 *
 *     x     tag mask alone
 *
 * The supply is public, so the sum shows nothing while the ledger is right. Source: protocol.md, section 8.
 */
import { type Vec, zeros } from '../field/index.js';
import type { Randomness } from '../ports.js';
import { type Circuit, CircuitBuilder } from '../proof/index.js';
import { perShape, randomElements, type Shape } from './shape.js';

export interface AuditLayout {
  readonly circuit: Circuit;
}

export const auditLayout = perShape((): AuditLayout => ({ circuit: new CircuitBuilder().build() }));

export function buildAudit(shape: Shape, random: Randomness): Vec {
  const x = zeros(auditLayout(shape).circuit.length);
  x.set(randomElements(random, 1));
  return x;
}
