/** The gateway: HTTP and WebSockets for wallets and operators. */
export { buildGateway, type Gateway, type GatewayOptions, startGateway } from './gateway.js';
export type { LinkFigures } from './metrics.js';
