/** Preprocessing: correlations made ahead, and the stock they wait in. */
export { LinkStock } from './link-stock.js';
export { kindNames, type LotKind, type LotPlan, type Lots, lotsFor } from './lots.js';
export type { LpnStages } from './lpn-parameters.js';
export { blockBytes, type OtReceiver, type OtSender } from './ot.js';
export { openPair, type Pair, type PairOptions, warmUp } from './pair.js';
export { openStock, SessionStock, type SessionStockOptions, type StockOptions } from './session-stock.js';
export type { Positions, Reserved, Stock, StockCounts } from './stock.js';
export type { VoleSharer, VoleVerifier } from './vole.js';
