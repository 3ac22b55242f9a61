/**
 * `covault bank start`: one bank as a process, from its config to its graceful end.
 *
 * The first SIGINT or SIGTERM stops it in order; a second one, or `stopTimeoutMs`, ends the process at once. That is safe
 * too: everything the bank has promised is on the disk before it is said.
 */
import { destination, pino } from 'pino';
import { toHex } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import type { Log } from '../../src/ports.js';
import type { BankConfig } from '../config.js';
import { readIdentity } from '../keys.js';
import type { Output } from './output.js';
import { print } from './print.js';

const stopTimeoutMs = 10_000;

/** Resolves when the bank has stopped. */
export async function runBank(config: BankConfig, options: { readonly json?: true }, to: Output): Promise<void> {
  const { identity } = await readIdentity(config.dataFolder);
  const { name } = identity;
  if (config.name !== undefined && config.name !== name) {
    const { file } = config;
    const expected = `"${name}", whose identity is in the data folder`;
    throw new CovaultError('BAD_CONFIG', `config ${file}: name: expected ${expected}`, {
      file,
      field: 'name',
      expected,
    });
  }
  const log = jsonLog(name, config.log.level);
  const asked = stopSignal();
  try {
    // loaded here: other commands need no libp2p
    const { startBank } = await import('../bank.js');
    let running = await startBank(config, log);
    const { service, gatewayUrl, consoleUrl, addresses } = running;
    const { networkId } = service.status();
    const ready = {
      ready: true,
      name,
      gateway: gatewayUrl,
      ...(consoleUrl === undefined ? {} : { console: consoleUrl }),
      addresses,
      networkId,
      identityKey: toHex(identity.identityKey),
    };
    print(to, options.json, ready, [
      `${name} serves wallets at ${gatewayUrl}`,
      ...(config.console ? [`its operators: ${consoleUrl}, with the token in ${config.console.tokenFile}`] : []),
      ...addresses.map(at => `other banks: ${at}`),
    ]);
    const next = () => Promise.race([asked.promise, running.rekeyed.then(() => undefined)]);
    let signal = await next();
    for (; signal === undefined; signal = await next()) {
      log.info('starting again under new MAC keys');
      await running.stop();
      running = await startBank(config, log);
    }
    log.info('stopping', { signal });
    const late = setTimeout(() => process.exit(1), stopTimeoutMs);
    await running.stop();
    clearTimeout(late);
    log.info('stopped');
  } finally {
    asked.forget();
  }
}

/** pino's JSON lines, on standard error, written at once: the last ones matter most. */
function jsonLog(name: string, level: string): Log {
  const logger = pino({ level, base: { self: name } }, destination({ fd: 2, sync: true }));
  return {
    info: (event, facts = {}) => logger.info(facts, event),
    warn: (event, facts = {}) => logger.warn(facts, event),
  };
}

function stopSignal(): { readonly promise: Promise<string>; forget(): void } {
  let count = 0;
  let heard: (signal: string) => void = () => {};
  const promise = new Promise<string>(resolve => {
    heard = resolve;
  });
  const onSignal = (signal: string) => {
    if (++count > 1) process.exit(1);
    heard(signal);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    promise,
    forget: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
