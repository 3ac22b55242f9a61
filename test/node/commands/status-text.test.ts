/** What `covault bank status` says to people. */
import test from 'ava';
import { describeStatus } from '../../../node/commands/status-text.js';

const links = (injectedDelayMs: number) => ({ sentBytes: {}, receivedBytes: 0, injectedDelayMs });

test('a bank whose frames are late on purpose says so in its status; another does not', t => {
  t.true(describeStatus({ links: links(25) }).some(line => /BENCHMARK.* 25 ms/.test(line)));
  t.false(describeStatus({ links: links(0) }).some(line => line.includes('BENCHMARK')));
  t.false(describeStatus({}).some(line => line.includes('BENCHMARK')));
});
