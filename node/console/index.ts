/** The console: what operators of a bank look at, on a port of its own. */
export { alertCodes, alertLevels } from './alert-levels.js';
export type { Alert } from './alerts.js';
export { type BuiltConsole, buildConsole, type Console, type ConsoleOptions, startConsole } from './console.js';
export { RecentEvents } from './events.js';
export type { DayTotals, MinuteSample } from './history.js';
export type { ConsoleState, StockState } from './state.js';
