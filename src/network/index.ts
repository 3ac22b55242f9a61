export * from './file.js';
export * from './roster.js';
