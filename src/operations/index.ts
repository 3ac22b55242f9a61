/** Operations: what holders build and banks run. */
export { auditLayout, buildAudit } from './audit.js';
export { authorityMasked, authorityProduct, type Triples } from './authority.js';
export { compare, type Open } from './comparison.js';
export { circuitOf, inputLength, type Selection, selectionOf, unitClaims } from './layout.js';
export { buildOpen, openKeys, openLayout } from './open.js';
export { receiptOf, receiptWeights, type Told } from './receipt.js';
export { buildRekey, type RekeySecrets, rekeyLayout, rekeyRecord, type SharedKeys } from './rekey.js';
export { buildReveal, revealLayout, revealOutputs } from './reveal.js';
export { type SelectionColumn, select } from './select.js';
export type { Shape } from './shape.js';
export { amountShares, buildTransfer, transferLayout, transferRecords } from './transfer.js';
