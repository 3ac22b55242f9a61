export { type ClosableStore, openLevelStore, storeFormat } from './level-store.js';
