/** The public log: records, certificates, the chain. All of it needs no secret: what wallets and verifiers import. */
export * from './certificate.js';
export * from './chain.js';
export * from './receipts.js';
export * from './record.js';
export * from './verify-log.js';
