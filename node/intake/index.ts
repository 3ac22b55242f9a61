/** Intake threads: they open packets and check holders' signatures. */
export { type IntakeOptions, IntakeThreads } from './intake.js';
export { startThread } from './start-thread.js';
