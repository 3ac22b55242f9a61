/** The holder's proof: circuit, linear proof, linear claims. */
export { type Circuit, CircuitBuilder, type Field, type Form } from './circuit.js';
export { type Combination, claimCoefficients, combineClaims, sameClaims, type UnitClaim } from './linear-claims.js';
export { drawTaus, type ProofWeights, proofHolds, proofWeights, prove } from './linear-proof.js';
