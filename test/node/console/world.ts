/** A console over a bank that says what a test tells it to, with a clock that a test turns. */
import { request } from 'node:http';
import type { Look } from '../../../node/console/history.js';
import { buildConsole, type ConsoleOptions, RecentEvents, startConsole } from '../../../node/console/index.js';
import { Writer } from '../../../src/codec/index.js';
import { toHex } from '../../../src/crypto/index.js';
import { type Entry, encodeRecord, recordHash, writeCertificate } from '../../../src/ledger/log.js';
import { encodeNetworkFile } from '../../../src/network/index.js';
import { certify, makeBanks, makeRecord, signCommitted } from '../../src/ledger/records.js';
import { FakeBank, memoryLog, status } from '../gateway/fake-bank.js';

export const token = '7a'.repeat(32);
export const banks = makeBanks(2);
export const { network } = banks;

/** What a look at a bank with nothing to do says. */
export const look: Look = {
  queue: 0,
  connected: 1,
  stockSeconds: undefined,
  memoryBytes: 1,
  dataBytes: undefined,
  diskFreeBytes: undefined,
  isAble: true,
};

export interface TestClock {
  ms: number;
  now(): number;
  after(ms: number, call: () => void): () => void;
}

export const testClock = (): TestClock => ({
  ms: 1_000,
  now() {
    return this.ms;
  },
  after: () => () => {},
});

export async function consoleWorld(over: Partial<ConsoleOptions> = {}) {
  const bank = new FakeBank();
  bank.now = {
    ...status,
    name: 'bank0',
    networkId: toHex(network.id),
    height: 0,
    finalHeight: 0,
    peers: [{ name: 'bank1', connected: true, sinceMs: 1_000 }],
  };
  const clock = testClock();
  const wall = { ms: Date.UTC(2026, 10, 27, 12) };
  const lines = memoryLog();
  const events = new RecentEvents(() => wall.ms);
  const built = await buildConsole(bank, {
    host: '127.0.0.1',
    port: 0,
    token,
    networkFile: encodeNetworkFile(network, {}),
    dataFolder: '.',
    version: '0.1.0',
    events,
    log: events.listen(lines),
    clock,
    wallNow: () => wall.ms,
    ...over,
  });
  /** Commits one more record with these entries. */
  const commit = (entries: readonly Entry[]) => {
    const height = bank.log.length + 1;
    const last = bank.log.at(-1);
    const previous = last ? heads[heads.length - 1] : network.id;
    const record = makeRecord(network, { height, previous, entries });
    heads.push(recordHash(record));
    const certificate = writeCertificate(new Writer(1024), certify(banks, record)).done();
    bank.log = [
      ...bank.log,
      { height, record: encodeRecord(record), certificate, committed: signCommitted(banks, record) },
    ];
    bank.now = { ...bank.now, height, finalHeight: height };
  };
  const heads: Uint8Array[] = [];
  const advance = (ms: number) => {
    clock.ms += ms;
    wall.ms += ms;
  };
  const get = (url: string, given: string | undefined = token) =>
    built.app.inject({ method: 'GET', url, headers: given === undefined ? {} : { authorization: `Bearer ${given}` } });
  const login = (given: string, remoteAddress = '127.0.0.1') =>
    built.app.inject({ method: 'POST', url: '/v1/login', payload: { token: given }, remoteAddress });
  return { ...built, bank, clock, wall, lines, commit, advance, get, login };
}

/** At a port of its own. */
export async function listening(over: Partial<ConsoleOptions> = {}) {
  const bank = new FakeBank();
  bank.now = { ...status, height: 0 };
  const log = memoryLog();
  const running = await startConsole(bank, {
    host: '127.0.0.1',
    port: 0,
    token,
    networkFile: encodeNetworkFile(network, {}),
    dataFolder: '.',
    version: '0',
    log,
    ...over,
  });
  return { bank, running, port: Number(new URL(running.url).port) };
}

/** One who looks. */
export function feedOf(port: number) {
  const asked = request({ port, host: '127.0.0.1', path: '/v1/feed', headers: { authorization: `Bearer ${token}` } });
  asked.end();
  asked.on('error', () => {});
  return asked;
}
