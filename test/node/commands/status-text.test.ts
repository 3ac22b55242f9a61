/** What `covault bank status` says to people. */
import test from 'ava';
import { describeStatus } from '../../../node/commands/status-text.js';

const links = (injectedDelayMs: number) => ({ sentBytes: {}, receivedBytes: 0, injectedDelayMs });

test('versions are told, and those that differ from the own one are marked', t => {
  const peer = (name: string, version?: unknown) => ({ name, connected: true, version });
  const gone = { name: 'e', connected: false, version: '0.2.0' };
  const lines = describeStatus({
    version: '0.1.0',
    peers: [peer('a', '0.1.0'), peer('b', '0.2.0'), peer('c'), peer('d', 7), gone],
  });
  t.true(lines.includes('version   covault 0.1.0'));
  const banks = lines.filter(line => line.startsWith('bank '));
  t.deepEqual(banks, [
    'bank      a: connected, covault 0.1.0',
    'bank      b: connected, covault 0.2.0 (DIFFERS: this bank runs 0.1.0)',
    'bank      c: connected',
    'bank      d: connected',
    'bank      e: not connected',
  ]);
  t.false(describeStatus({}).some(line => line.startsWith('version')));
});

test('what a network recovers from is told, and nothing where there is nothing', t => {
  const lines = (recovery?: object) => describeStatus({ recovery }).filter(line => line.startsWith('recovery'));
  t.deepEqual(lines(), []);
  t.deepEqual(lines({ rekeying: true }), ['recovery  a pardon is being carried out: all MAC keys are drawn anew']);
  t.deepEqual(lines({ adopting: { height: 4, attempt: 1 }, adopted: { height: 3, attempt: 'two' } }), [
    'recovery  waits until all banks adopt attempt 1 at height 4',
    'recovery  all banks have adopted attempt two at height 3',
  ]);
});

test('a bank whose frames are late on purpose says so in its status; another does not', t => {
  t.true(describeStatus({ links: links(25) }).some(line => /BENCHMARK.* 25 ms/.test(line)));
  t.false(describeStatus({ links: links(0) }).some(line => line.includes('BENCHMARK')));
  t.false(describeStatus({}).some(line => line.includes('BENCHMARK')));
});
