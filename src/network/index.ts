/** The network: its roster and its file. */
export * from './amendment.js';
export * from './file.js';
export * from './roster.js';
