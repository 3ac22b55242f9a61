/** Where an operator's command finds the gateway of a bank. */
import { CovaultError } from '../../src/errors.js';
import { type BankConfig, readConfig } from '../config.js';

/** The gateway asked for, or the one that a config says this machine runs. */
export async function gatewayOf(options: { gateway?: string; config?: string }): Promise<string> {
  if (options.gateway !== undefined) return options.gateway;
  if (options.config === undefined) throw usage('gateway', '--gateway URL or --config FILE');
  const { gateway }: BankConfig = await readConfig(options.config);
  if (gateway.port === 0) throw usage('gateway', 'the URL that `covault bank start` printed: the config has port 0');
  const everywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const host = everywhere[gateway.host] ?? gateway.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${gateway.port}`;
}

function usage(field: string, expected: string): CovaultError {
  return new CovaultError('BAD_CONFIG', `--${field}: expected ${expected}`, { field, expected });
}
