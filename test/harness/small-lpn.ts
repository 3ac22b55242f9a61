/** Parameters of VOLE at scale for tests: a round in milliseconds, of no security. 3,531 elements a round. */
import type { LpnParameters } from '../../src/preprocessing/lpn-parameters.js';

export const smallLpn: LpnParameters = { base: 500, blocks: 64, blockBits: 6 };
