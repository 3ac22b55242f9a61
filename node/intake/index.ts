export { type IntakeOptions, IntakeThreads } from './intake.js';
export { startThread } from './start-thread.js';
