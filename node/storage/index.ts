/** The store on the disk. */
export { type ClosableStore, openLevelStore, storeFormat } from './level-store.js';
