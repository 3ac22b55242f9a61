/**
 * One bug, and sometimes two, for each checker: a run with it must make that checker speak. What a checker would not see
 * here it would not see in the system.
 */
import { decodeCertified, encodeCertified } from '../../src/agreement/index.js';
import { decodeAgreementFrame } from '../../src/bank/transport.js';
import { fp } from '../../src/field/index.js';
import type { Network } from '../../src/network/index.js';
import type { StoreOp } from '../../src/ports.js';
import type { Reserved } from '../../src/preprocessing/index.js';
import type { Bug } from './bug.js';
import type { CheckerName } from './checkers/checkers.js';
import {
  burnedPrefix,
  earlyKey,
  logPrefix,
  markedPrefix,
  memoPrefix,
  pagePrefix,
  poolPrefix,
  startsWith,
} from './checkers/keys.js';
import type { Fault } from './faults.js';
import { drawScenario, type Outcome, type RunOptions, runScenario, type Scenario } from './simulation.js';

export interface Canary {
  readonly checker: CheckerName;
  /** As a sentence. */
  readonly what: string;
  /** A new one for every run: some remember. */
  readonly bug: () => Bug;
  /** Where it needs another run than the one that is drawn. */
  readonly scenario?: (drawn: Scenario) => Scenario;
}

/** A seed with a bug switched on. */
export function runCanary(
  { checker, bug, scenario }: Canary,
  seed: string,
  options: RunOptions = {},
): Promise<Outcome> {
  const drawn = drawScenario(seed);
  return runScenario(scenario?.(drawn) ?? drawn, { ...options, bug: bug(), heeds: checker });
}

export const canaries: readonly Canary[] = [
  {
    checker: 'history',
    what: 'a bank writes another record than the others',
    bug: () => ({ takes: atBank(0, ops => ops.map(changed(logPrefix, otherRecord))) }),
  },
  {
    checker: 'shares',
    what: 'a disk loses a bit of a balance',
    bug: () => ({ takes: atBank(0, ops => ops.map(changed(pagePrefix, flipped))) }),
  },
  {
    checker: 'conservation',
    what: 'all banks begin with one unit too much',
    bug: () => ({ believes: network => withBalances(network, [1n]) }),
  },
  {
    checker: 'negative',
    what: 'all banks begin with an account below nothing',
    bug: () => ({ believes: network => withBalances(network, [-60n, 60n]) }),
  },
  {
    checker: 'ledger',
    what: 'a wallet pays one unit more than it was told',
    bug: () => ({ seals: order => (order.kind === 'transfer' ? { ...order, amount: order.amount + 1 } : order) }),
  },
  {
    checker: 'once',
    what: 'banks forget which envelopes they have seen',
    bug: () => ({ takes: (_bank, ops) => ops.filter(op => !startsWith(op.key, poolPrefix)) }),
    scenario: drawn => ({
      ...drawn,
      errands: drawn.errands.map(errand => ({
        ...errand,
        sponsors: [...errand.sponsors, { bank: 0, afterMs: 6_000 }],
      })),
      faults: [{ kind: 'blackout', atMs: 5_500, awayMs: 100 }],
    }),
  },
  {
    checker: 'packets',
    what: 'a disk loses what is told to payees',
    bug: () => ({ takes: atBank(0, ops => ops.filter(op => !startsWith(op.key, memoPrefix))) }),
  },
  {
    checker: 'packets',
    what: 'a disk forgets late which envelopes are decided',
    bug: () => ({ takes: atBank(0, ops => ops.filter(op => !startsWith(op.key, poolPrefix))) }),
  },
  {
    checker: 'masks',
    what: 'a stock hands out the same correlations twice',
    bug: () => ({ hands: firstOfItsSize() }),
  },
  {
    checker: 'masks',
    what: 'banks do not store what they have marked and burned',
    bug: () => ({ takes: (_bank, ops) => ops.filter(op => !isMark(op)) }),
    scenario: drawn => ({ ...drawn, faults: blackouts }),
  },
  {
    checker: 'acknowledged',
    what: 'a bank takes envelopes without storing or passing them on',
    bug: () => ({
      takes: atBank(0, ops => ops.filter(op => !startsWith(op.key, poolPrefix))),
      carries: (_from, _to, use, frame) => (use === 'envelopes' ? [] : [frame]),
    }),
    scenario: drawn => ({
      ...drawn,
      errands: drawn.errands.map(errand => ({ ...errand, heights: 5_000, sponsors: [{ bank: 0, afterMs: 0 }] })),
      faults: [{ kind: 'crash', atMs: 6_000, bank: 0, awayMs: 500 }],
    }),
  },
  {
    checker: 'wallets',
    what: 'a gateway names another height than that of the record',
    bug: () => ({ tells: told => (told.height === undefined ? told : { ...told, height: told.height + 1 }) }),
  },
  {
    checker: 'progress',
    what: 'a link loses everything after a while, and stays up',
    bug: () => ({ carries: deaf(20) }),
    scenario: drawn => ({ ...drawn, faults: [] }),
  },
  {
    checker: 'blame',
    what: 'a link brings the messages of a computation twice',
    bug: () => ({
      carries: (_from, _to, use, frame) => (isComputation(use, frame) ? [frame, frame.slice()] : [frame]),
    }),
  },
];

const blackouts: readonly Fault[] = Array.from({ length: 20 }, (_, i) => ({
  kind: 'blackout',
  atMs: 700 + 230 * i,
  awayMs: 20,
}));

function atBank(bank: number, takes: (ops: readonly StoreOp[]) => readonly StoreOp[]): NonNullable<Bug['takes']> {
  return (at, ops) => (at === bank ? takes(ops) : ops);
}

function changed(prefix: Uint8Array, change: (value: Uint8Array) => Uint8Array): (op: StoreOp) => StoreOp {
  return op => (op.type === 'put' && startsWith(op.key, prefix) ? { ...op, value: change(op.value) } : op);
}

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte));

function otherRecord(bytes: Uint8Array): Uint8Array {
  const { record, certificate } = decodeCertified(bytes);
  return encodeCertified({ record: { ...record, digest: flipped(record.digest) }, certificate });
}

function isMark({ key }: StoreOp): boolean {
  return [markedPrefix, burnedPrefix, earlyKey, poolPrefix].some(prefix => startsWith(key, prefix));
}

/** The first accounts hold so much more than genesis says. */
function withBalances(network: Network, more: readonly bigint[]): Network {
  const balance = (account: number) => network.funded.find(slot => slot.account === account)?.balance ?? 0n;
  const funded = more.map((extra, account) => ({
    account,
    balance: fp.mod(balance(account) + extra),
    claimKey: network.funded.find(slot => slot.account === account)?.claimKey ?? new Uint8Array(32),
  }));
  return { ...network, funded: [...funded, ...network.funded.filter(({ account }) => account >= more.length)] };
}

function firstOfItsSize(): NonNullable<Bug['hands']> {
  const first = new Map<string, Reserved>();
  return (bank, lot) => {
    const size = `${bank}/${lot.sharer[bank === 0 ? 1 : 0].u.length}/${lot.triples.alpha.length}`;
    const known = first.get(size) ?? structuredClone(lot);
    first.set(size, known);
    return structuredClone(known); // a run writes over what it was given
  };
}

/** Bank 1 hears nothing of bank 0 after so many frames. */
function deaf(frames: number): NonNullable<Bug['carries']> {
  let heard = 0;
  return (from, to, use, frame) => (from === 0 && to === 1 && use === 'agreement' && ++heard > frames ? [] : [frame]);
}

function isComputation(use: string, frame: Uint8Array): boolean {
  return use === 'agreement' && decodeAgreementFrame(frame).kind === 'computation';
}
