/** Banks of one network on this machine, each a real libp2p node at a port of its own. */
import type { ExecutionContext } from 'ava';
import { type Host, type HostOptions, startHost, type Use } from '../../../node/host/index.js';
import { ed25519, hash } from '../../../src/crypto/index.js';
import { makeNetwork, type Network } from '../../../src/network/index.js';
import { quiet } from './fake.js';

export interface TestBank {
  readonly host: Host;
  readonly events: string[];
  readonly heard: { from: number; use: Use; frame: Uint8Array }[];
}

export const seedOf = (index: number) => hash('covault/test-seed', Uint8Array.of(index));

export function networkOf(count: number, salt = 0): Network {
  const banks = Array.from({ length: count }, (_, index) => ({
    name: `bank-${index}`,
    identityKey: ed25519.publicKey(seedOf(index)),
    sealingKey: hash('covault/test-sealing', Uint8Array.of(index)),
    recoveryKey: hash('covault/test-recovery', Uint8Array.of(index)),
  }));
  return makeNetwork({
    salt: new Uint8Array(32).fill(salt),
    rosterVersion: 0,
    banks,
    accounts: 1,
    pageSize: 1,
    amountBits: 40,
    scale: 2,
    funded: [],
  });
}

export async function startBank(
  t: ExecutionContext,
  network: Network,
  self: number,
  options: Partial<HostOptions> = {},
  onFrame: () => void | Promise<void> = () => {},
): Promise<TestBank> {
  const events: string[] = [];
  const heard: TestBank['heard'] = [];
  const host = await startHost(
    {
      network,
      self,
      identitySeed: seedOf(self),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      known: [],
      mdns: false,
      version: `0.${self}`,
      linkLossMs: 1_000,
      log: process.env.COVAULT_TEST_LOG ? loud(self) : quiet,
      ...options,
    },
    {
      linkUp: (index, epoch, version) => events.push(`up ${index} ${epoch.length} ${version}`),
      linkDown: (index, why) => events.push(`down ${index}: ${why}`),
      frame: (from, use, frame) => {
        heard.push({ from, use, frame });
        return onFrame();
      },
      misbehaved: (index, what) => events.push(`misbehaved ${index}: ${what}`),
    },
  );
  t.teardown(() => host.stop());
  return { host, events, heard };
}

const loud = (self: number): HostOptions['log'] => ({
  info: (event, facts) => console.error(performance.now().toFixed(0), self, event, JSON.stringify(facts ?? {})),
  warn: (event, facts) => console.error(performance.now().toFixed(0), self, 'WARN', event, JSON.stringify(facts ?? {})),
});

export const stateOf = (bank: TestBank, index: number) => bank.host.links().find(link => link.index === index)?.state;

/** Waits for something that comes, or for the test to time out. */
export async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise(resolve => setTimeout(resolve, 5));
}

/** Without the peer id: what a person would type. */
export const placeOf = (bank: TestBank) => bank.host.addresses[0].replace(/\/p2p\/.*/, '');
