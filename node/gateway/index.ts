/** The gateway: HTTP and WebSockets for wallets and operators. */
export { clientOf, isNetwork } from './client-of.js';
export type { ConnectionLimits } from './connections.js';
export { describeApi } from './description.js';
export { buildGateway, type Gateway, type GatewayOptions, startGateway } from './gateway.js';
export { HeldBytes, type HeldLimits } from './held-bytes.js';
export type { LinkFigures } from './metrics.js';
export { addPages, pagesFolder } from './pages.js';
export { recordsAnswer } from './records.js';
export { answers, hex, list, media, object, schemas as gatewaySchemas, text } from './schemas.js';
export { type Listening, listen, makeServer, perMinute } from './server.js';
export { bearer, sameText } from './token.js';
