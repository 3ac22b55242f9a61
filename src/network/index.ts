/** The network: its roster and its file. */
export * from './file.js';
export * from './roster.js';
