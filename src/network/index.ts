export * from './amendment.js';
export * from './file.js';
export * from './roster.js';
