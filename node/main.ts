#!/usr/bin/env node
/** The process behind the `covault` command. */
import './engine.js';
import './host/polyfill.js';

import { run } from './cli.js';

process.exitCode = await run(process.argv.slice(2));
// nothing is left to do: a connection that somebody forgot must not keep the shell waiting
setTimeout(() => process.exit(), 200).unref();
