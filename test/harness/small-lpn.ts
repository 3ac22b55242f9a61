/** Parameters of VOLE at scale for tests: rounds in milliseconds, of no security. 3,531 elements a round. */
import type { LpnStages } from '../../src/preprocessing/lpn-parameters.js';

export const smallLpn: LpnStages = {
  first: { base: 100, blocks: 80, blockBits: 3 },
  main: { base: 500, blocks: 64, blockBits: 6 },
};
