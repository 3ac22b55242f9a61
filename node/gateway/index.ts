/** The gateway: HTTP and WebSockets for wallets and operators. */
export { isNetwork } from './client-of.js';
export { buildGateway, type Gateway, type GatewayOptions, startGateway } from './gateway.js';
export type { LinkFigures } from './metrics.js';
export { addPages, type PagesOptions, pageHeaders, pagesFolder } from './pages.js';
