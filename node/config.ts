/**
 * The shape of configs/*.json, one file a bank, and every reason to refuse one.
 *
 *     { "name": "jp_norgan", "dataFolder": "../data/jp_norgan", "networkFile": "network.json",
 *       "listen": ["/ip4/127.0.0.1/tcp/4001"], "known": [], "mdns": true,
 *       "gateway": { "host": "127.0.0.1", "port": 8001, "corsOrigins": [], "requestsPerMinute": 6000,
 *                    "lookupsPerMinute": 120, "lookupsPerSecond": 50, "trustProxy": [], "wallet": true },
 *       "console": { "listen": "127.0.0.1:8101", "tokenFile": "../data/jp_norgan/console-token" },
 *       "intakeThreads": 1, "log": { "level": "info" } }
 *
 * Paths are relative to the file. A field that nobody knows is refused: a mistyped one would be silently without effect.
 * Not here: secrets (they lie in the data folder), what the network file says.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { multiaddr } from '@multiformats/multiaddr';
import { z } from 'zod';
import { CovaultError } from '../src/errors.js';
import {
  addressBytesMax,
  addressesMax,
  gatewayLookupsPerMinute,
  gatewayLookupsPerSecond,
  gatewayProxiesMax,
  gatewayRequestsPerMinute,
  gatewayRequestsPerMinuteMax,
  injectedDelayMsMax,
  intakeThreadsMax,
} from '../src/limits.js';
import { isNetwork } from './gateway/index.js';

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/**
 * One does for 5,000 envelopes a second, more than a bank's other threads do. It takes 110 of 150 us an envelope off the
 * network's thread, for 20 us more in all and 15 to 30 MB.
 */
const intakeThreadsDefault = 1;

export interface BankConfig {
  /** The file it was read from. */
  readonly file: string;
  /** Checked against the identity in the data folder, where given. */
  readonly name: string | undefined;
  /** Absolute, as is `networkFile`. */
  readonly dataFolder: string;
  readonly networkFile: string;
  /** Multiaddrs: at least one. */
  readonly listen: readonly string[];
  readonly known: readonly string[];
  readonly mdns: boolean;
  readonly gateway: {
    readonly host: string;
    readonly port: number;
    readonly corsOrigins: readonly string[];
    /** Networks of reverse proxies: their X-Forwarded-For says who a client is to the limits. None by default. */
    readonly trustProxy: readonly string[];
    /** Of one address. An operator raises it for a submitter it knows: a payment processor, a load generator. */
    readonly requestsPerMinute: number;
    /** Balance look-ups: of one address, and of all. */
    readonly lookupsPerMinute: number;
    readonly lookupsPerSecond: number;
    /** Whether the gateway serves the wallet's pages. */
    readonly wallet: boolean;
  };
  /** For the bank's operators; off where it is left out. */
  readonly console?: { readonly host: string; readonly port: number; readonly tokenFile: string };
  /** Threads that open packets and check their holders' signatures; 0: the network's thread does. */
  readonly intakeThreads: number;
  readonly log: { readonly level: (typeof logLevels)[number] };
  /** For benchmarks on one machine; a bank in earnest has no use for it. Shown in the log and in the status. */
  readonly benchmarkOnly: { readonly injectedDelayMs: number };
}

const expected = {
  name: 'the name of the bank: 1 to 64 letters, digits, ".", "_", "-"',
  path: 'a path, relative to this file',
  addresses: `a list of at most ${addressesMax} addresses`,
  address: 'an address like /ip4/127.0.0.1/tcp/4001',
  mdns: 'true or false: whether to look for the others on the local network',
  gateway: 'an object like { "host": "127.0.0.1", "port": 8001 }',
  host: 'an IP address or host name to listen at, like 127.0.0.1',
  port: 'a whole number from 0 (any free port) to 65535',
  origins: 'a list of origins like https://wallet.example',
  proxies: `a list of at most ${gatewayProxiesMax} addresses or networks of reverse proxies, like 127.0.0.1 or 10.0.0.0/8`,
  requests: `a whole number of requests that one address may make in a minute, from 1 to ${gatewayRequestsPerMinuteMax}`,
  console: 'an object like { "listen": "127.0.0.1:8101", "tokenFile": "console-token" }',
  listenAt: 'an IP address or host name and a port, like 127.0.0.1:8101 or [::1]:8101',
  threads: `a whole number of threads that open packets, from 0 (the network's thread) to ${intakeThreadsMax}`,
  lookups: `a whole number of balance look-ups that one address may ask for in a minute, from 1 to ${gatewayRequestsPerMinuteMax}`,
  allLookups: `a whole number of balance look-ups that all may ask for in a second, from 1 to ${gatewayRequestsPerMinuteMax}`,
  wallet: 'true or false: whether to serve the wallet to browsers',
  benchmark: 'an object like { "injectedDelayMs": 25 }',
  delay: `a whole number of milliseconds from 0 to ${injectedDelayMsMax}`,
  log: 'an object like { "level": "info" }',
  level: `one of ${logLevels.join(', ')}`,
} as const;

const path = z.string(expected.path).min(1, expected.path);
const address = z
  .string(expected.address)
  .max(addressBytesMax, expected.address)
  .refine(isTcpAddress, expected.address);
/** A whole number of something in a time. */
const rate = (what: string, usual: number) =>
  z.int(what).min(1, what).max(gatewayRequestsPerMinuteMax, what).default(usual);
const addresses = z.array(address, expected.addresses).max(addressesMax, expected.addresses);

const shape = z.strictObject({
  name: z
    .string(expected.name)
    .regex(/^[\w.-]{1,64}$/, expected.name)
    .optional(),
  dataFolder: path,
  networkFile: path,
  listen: addresses.min(1, `${expected.addresses}, and at least one`),
  known: addresses.default([]),
  mdns: z.boolean(expected.mdns).default(false),
  gateway: z.strictObject(
    {
      host: z
        .string(expected.host)
        .regex(/^[\w.:-]{1,253}$/, expected.host)
        .default('127.0.0.1'),
      port: z.int(expected.port).min(0, expected.port).max(65_535, expected.port),
      requestsPerMinute: rate(expected.requests, gatewayRequestsPerMinute),
      lookupsPerMinute: rate(expected.lookups, gatewayLookupsPerMinute),
      lookupsPerSecond: rate(expected.allLookups, gatewayLookupsPerSecond),
      corsOrigins: z.array(z.string(expected.origins).refine(isOrigin, expected.origins), expected.origins).default([]),
      wallet: z.boolean(expected.wallet).default(true),
      trustProxy: z
        .array(z.string(expected.proxies).refine(isNetwork, expected.proxies), expected.proxies)
        .max(gatewayProxiesMax, expected.proxies)
        .default([]),
    },
    { error: issue => (issue.code === 'invalid_type' ? expected.gateway : undefined) },
  ),
  console: z
    .strictObject(
      {
        listen: z.string(expected.listenAt).refine(text => hostAndPort(text) !== undefined, expected.listenAt),
        tokenFile: path.optional(),
      },
      { error: issue => (issue.code === 'invalid_type' ? expected.console : undefined) },
    )
    .optional(),
  intakeThreads: z
    .int(expected.threads)
    .min(0, expected.threads)
    .max(intakeThreadsMax, expected.threads)
    .default(intakeThreadsDefault),
  log: z
    .strictObject(
      { level: z.enum(logLevels, expected.level).default('info') },
      { error: issue => (issue.code === 'invalid_type' ? expected.log : undefined) },
    )
    .default({ level: 'info' }),
  benchmarkOnly: z
    .strictObject(
      {
        injectedDelayMs: z
          .int(expected.delay)
          .min(0, expected.delay)
          .max(injectedDelayMsMax, expected.delay)
          .default(0),
      },
      { error: issue => (issue.code === 'invalid_type' ? expected.benchmark : undefined) },
    )
    .default({ injectedDelayMs: 0 }),
});

/** Throws BAD_CONFIG; facts: file, field, expected. */
export async function readConfig(file: string): Promise<BankConfig> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw refused(file, 'the file itself', 'a file that can be read');
  }
  return parseConfig(text, file);
}

/** `file`: where the text stands; paths are taken from there. Throws BAD_CONFIG. */
export function parseConfig(text: string, file: string): BankConfig {
  const read = shape.safeParse(parseJson(text, file));
  if (!read.success) throw firstRefusal(read.error, file);
  const { name, dataFolder: data, networkFile, console, ...rest } = read.data;
  const from = dirname(resolve(file));
  const dataFolder = resolve(from, data);
  return {
    file,
    name,
    dataFolder,
    networkFile: resolve(from, networkFile),
    ...(console && {
      console: {
        ...(hostAndPort(console.listen) ?? { host: '', port: 0 }),
        tokenFile: resolve(from, console.tokenFile ?? join(dataFolder, 'console-token')),
      },
    }),
    ...rest,
  };
}

function hostAndPort(text: string): { readonly host: string; readonly port: number } | undefined {
  const parts = /^(?:\[([0-9a-fA-F:]+)\]|([\w.-]{1,253})):([0-9]{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  return parts === null || port > 65_535 ? undefined : { host: parts[1] ?? parts[2], port };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const where = error instanceof Error ? ` (${error.message})` : '';
    throw refused(file, 'the file itself', `JSON${where}`);
  }
}

function firstRefusal(error: z.ZodError, file: string): CovaultError {
  const [issue] = error.issues;
  const place = (keys: readonly PropertyKey[]) =>
    keys.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`)).join('');
  if (issue.code === 'unrecognized_keys') {
    const fields = nested[String(issue.path[0])] ?? top;
    return refused(file, place([...issue.path, issue.keys[0]]), `no such field; the fields here are ${fields}`);
  }
  if (issue.path.length === 0) return refused(file, 'the file itself', `a JSON object with the fields ${top}`);
  return refused(file, place(issue.path), issue.message);
}

const top = Object.keys(shape.shape).join(', ');
const nested: Readonly<Record<string, string>> = {
  gateway: 'host, port, corsOrigins, trustProxy, requestsPerMinute, lookupsPerMinute, lookupsPerSecond, wallet',
  console: 'listen, tokenFile',
  log: 'level',
  benchmarkOnly: 'injectedDelayMs',
};

function refused(file: string, field: string, what: string): CovaultError {
  return new CovaultError('BAD_CONFIG', `config ${file}: ${field}: expected ${what}`, { file, field, expected: what });
}

function isTcpAddress(text: string): boolean {
  try {
    return multiaddr(text)
      .getComponents()
      .some(({ name }) => name === 'tcp');
  } catch {
    return false;
  }
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
