export { buildGateway, type Gateway, type GatewayOptions, startGateway } from './gateway.js';
export type { LinkFigures } from './metrics.js';
export { addPages, type PagesOptions, pageHeaders, pagesFolder } from './pages.js';
export { recordsAnswer } from './records.js';
export { errorSchema, hex, list, object, schemas as gatewaySchemas, text } from './schemas.js';
export { answerErrors, type Listening, limitConnections, listen } from './server.js';
export { clientOf } from './submissions.js';
