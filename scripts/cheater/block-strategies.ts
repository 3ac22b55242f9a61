/**
 * Strategies within one block, played on the computation alone (`ledger/settle.ts`), where the cheater can speak last: it reads
 * what the others say in a message before it says its own, and shows each the digest that this one has.
 */
import { concatBytes, hash } from '../../src/crypto/index.js';
import type { Envelope } from '../../src/envelope/index.js';
import { assert, CovaultError, isCode } from '../../src/errors.js';
import { decodeVec, encodeVec, fp } from '../../src/field/index.js';
import { BlockChecks } from '../../src/ledger/checks.js';
import type { Admitted } from '../../src/ledger/settle.js';
import type { Channel } from '../../src/ports.js';
import { CoinToss } from '../../src/session/index.js';
import {
  auditEnvelope,
  balancesOf,
  revealEnvelope,
  runBlock,
  transferEnvelope,
  type World,
} from '../../test/harness/banks.js';
import { reconstruct } from '../../test/harness/dealer.js';
import {
  adaptedDigests,
  applyAll,
  cheatingChannel,
  editing,
  type Frame,
  flip,
  type Outcomes,
  openedWorld,
  results,
} from '../../test/src/ledger/cheaters.js';
import { SplitInput } from '../../test/src/ledger/split-input.js';
import type { Outcome } from './play.js';
import type { Strategy } from './strategies.js';
import type { Row } from './table.js';

const pageSize = 3;

/** Between an honest bank and its channel: a canary takes one of its checks away here. */
type Between = (channel: Channel) => Channel;

interface BlockCheat {
  readonly name: string;
  readonly banksMin: number;
  readonly banksMax?: number;
  readonly outcomes: readonly Outcome[];
  readonly why: string;
  readonly run: (world: World, cheater: number, envelopes: readonly Envelope[], honest: Between) => Promise<Outcomes>;
}

const through =
  (between: (channel: Channel, world: World, cheater: number) => Channel): BlockCheat['run'] =>
  (world, cheater, envelopes, honest) =>
    runBlock(world, envelopes, {
      channel: (channel, bank) => (bank === cheater ? between(channel, world, cheater) : honest(channel)),
    });

const adapting = (lie: (frame: Frame, to: number, theirs: Frame) => Frame) =>
  through(channel => adaptedDigests(channel, lie));

/** The cheater holds something else of envelope `which`. */
const holding =
  (which: number, change: (admitted: Admitted) => Admitted): BlockCheat['run'] =>
  (world, cheater, envelopes) =>
    runBlock(world, envelopes, {
      admitted: (each, bank, e) => (bank === cheater && e === which ? change(each) : each),
    });

/** The coin's share and opening, what follows is kept. */
const withCoin = (frame: Frame, coin: Uint8Array): Frame => ({
  ...frame,
  broadcast: concatBytes(coin, frame.broadcast.subarray(64)),
});

const cheats: readonly BlockCheat[] = [
  {
    name: 'changes its own share of an input',
    banksMin: 2,
    outcomes: ['refused'],
    why: 'the envelope fails its integrity and changes nothing: refusal of service, which names nobody',
    run: holding(1, each => ({ ...each, share: each.share.map(x => fp.add(x, 1n)) })),
  },
  {
    name: 'changes its own share of the mask of a balance that is revealed',
    banksMin: 2,
    outcomes: ['refused'],
    why: 'the envelope fails its integrity and changes nothing: refusal of service, which names nobody',
    run: holding(0, each => ({ ...each, share: each.share.map((x, k) => (k === 1 ? fp.add(x, 7n) : x)) })),
  },
  {
    name: 'reveals another key part',
    banksMin: 2,
    outcomes: ['named'],
    why: 'it does not fit the hash in the header',
    run: holding(1, each => ({ ...each, keyPart: flip(each.keyPart, 0) })),
  },
  {
    name: 'chooses its share of the coin when it has seen those of the others',
    banksMin: 2,
    outcomes: ['named'],
    why: 'it does not fit the commitment',
    run: adapting((frame, _, theirs) =>
      frame.step === 1
        ? withCoin(frame, concatBytes(hash('bias', theirs.broadcast), frame.broadcast.subarray(32, 64)))
        : frame,
    ),
  },
  {
    name: 'copies the coin of the other bank',
    banksMin: 2,
    banksMax: 2,
    outcomes: ['named'],
    why: 'the commitment is bound to its bank',
    run: adapting((frame, _, theirs) => {
      if (frame.step === 0) return { ...frame, broadcast: theirs.broadcast };
      return frame.step === 1 ? withCoin(frame, theirs.broadcast.subarray(0, 64)) : frame;
    }),
  },
  {
    name: 'shows one bank another coin',
    banksMin: 3,
    outcomes: ['stopped'],
    why: 'the digests of the others part; they name nobody',
    run: (world, cheater, envelopes, honest) => {
      const toss = new CoinToss(hash('test/context', Uint8Array.of(world.height)), cheater, world.random);
      const victim = (cheater + 1) % world.parties.length;
      const lie = (frame: Frame, to: number): Frame => {
        if (to !== victim || frame.step > 1) return frame;
        return frame.step === 0 ? { ...frame, broadcast: toss.commitment } : withCoin(frame, toss.reveal());
      };
      return adapting(lie)(world, cheater, envelopes, honest);
    },
  },
  ...[1, 2, 4, 11].map(step => ({
    name: `falls silent in message ${step}, having read those of the others`,
    banksMin: 2,
    outcomes: ['waits'] as const,
    why: 'the attempt is void after its time, and its envelopes are burned; nobody is accused',
    run: through((channel, world, cheater) => {
      const to = world.parties.map(({ self }) => self).filter(self => self !== cheater);
      return cheatingChannel(channel, { cheater, step, to, hand: () => undefined });
    }),
  })),
  {
    name: 'opens another value with a tag under a key it guesses',
    banksMin: 2,
    outcomes: ['named'],
    why: 'the tag fits with 1/p',
    run: through(channel => ({
      ...channel,
      receive: from => channel.receive(from),
      send: (to, bytes) =>
        channel.send(
          to,
          editing(f => (f.step === 4 ? { ...f, shares: bumped(f.shares), tagHash: hash('guess', f.tagHash) } : f))(
            bytes,
          ),
        ),
    })),
  },
  {
    name: 'gives two verifiers different inputs, with a holder’s help, and hides it',
    banksMin: 3,
    outcomes: ['stopped'],
    why: 'the consistency openings differ, and with them the digests',
    run: async (world, cheater) => {
      const { consistency } = BlockChecks.prototype;
      const split = new SplitInput(world, 5, cheater, (cheater + 1) % world.parties.length);
      split.listen();
      try {
        return await split.run([auditEnvelope(world)], true);
      } finally {
        Object.assign(BlockChecks.prototype, { consistency });
      }
    },
  },
];

function bumped(bytes: Uint8Array): Uint8Array {
  const elements = decodeVec(bytes);
  elements[0] = fp.add(elements[0], 1n);
  return encodeVec(elements);
}

async function rowsOf(
  { name, outcomes, why, run }: BlockCheat,
  banks: number,
  cheater: number,
  honest: Between,
): Promise<Row[]> {
  const world = await openedWorld(banks, pageSize);
  const before = balancesOf(world);
  const { envelope: reveal, outputMask } = revealEnvelope(world, 1);
  const envelopes = [reveal, transferEnvelope(world, 0, 3, 30n).envelope, auditEnvelope(world)];
  const played = await run(world, cheater, envelopes, honest);
  const errors = played.flatMap((outcome, bank) => {
    if (outcome.status === 'fulfilled' || bank === cheater) return [];
    if (!(outcome.reason instanceof CovaultError)) throw outcome.reason;
    return [outcome.reason];
  });
  const outcome = outcomeOf(played, errors);
  const faults: string[] = [];
  if (['unmoved', 'refused'].includes(outcome)) faults.push(...faultsOf(world, played, before, outputMask));
  const noticed = errors.find(error => error.code !== 'SESSION_ENDED')?.message ?? '';
  const wronglyNamed = errors.flatMap(({ culprit }) =>
    culprit === undefined || culprit === cheater ? [] : [`bank-${culprit}`],
  );
  const state = 'nothing applied';
  return [
    {
      banks,
      cheater,
      deviation: `strategy, ${name}`,
      outcome,
      expected: outcomes,
      why,
      faults,
      wronglyNamed,
      noticed,
      state,
    },
  ];
}

function outcomeOf(played: Outcomes, errors: readonly CovaultError[]): Outcome {
  if (errors.some(error => isCode(error, 'DEVIATION'))) return 'named';
  if (errors.some(error => error.code !== 'SESSION_ENDED'))
    return errors.some(({ culprit }) => culprit !== undefined) ? 'named' : 'stopped';
  if (errors.length > 0) return 'waits';
  return results(played)[0].statuses.some(({ kind }) => kind === 'rejected') ? 'refused' : 'unmoved';
}

/** Went through at all banks: what was rejected has changed nothing, what was revealed is right, and all shares fit. */
function faultsOf(world: World, played: Outcomes, before: readonly bigint[], outputMask: bigint): string[] {
  const settled = results(played);
  const [reveal, transfer] = settled[0].statuses;
  const faults: string[] = [];
  if (reveal.kind === 'revealed' && fp.sub(reveal.y, outputMask) !== before[1])
    faults.push('a balance is revealed wrong');
  try {
    const after = applyAll(world, settled);
    const hasChanged = after.some((balance, account) => balance !== before[account]);
    if (transfer?.kind === 'rejected' && hasChanged) faults.push('a rejected envelope has changed balances');
    for (const { keys } of world.states) assert(keys !== undefined, 'pages of several slots hold keys');
    reconstruct(
      world.parties,
      world.states.map(({ keys }) => (keys as NonNullable<typeof keys>).spending),
    );
  } catch (error) {
    faults.push(error instanceof Error ? error.message : 'shares do not fit');
  }
  return faults;
}

/** `honest`: see `Between`. Throws where no strategy has that name. */
export function playInBlock(name: string, banks: number, cheater: number, honest: Between = channel => channel) {
  const cheat = cheats.find(each => each.name === name);
  assert(cheat !== undefined, 'a strategy of this name');
  return rowsOf(cheat as BlockCheat, banks, cheater, honest);
}

export const blockStrategies: readonly Strategy[] = cheats.map(cheat => ({
  name: cheat.name,
  banksMin: cheat.banksMin,
  ...(cheat.banksMax === undefined ? {} : { banksMax: cheat.banksMax }),
  run: (banks, cheater) => rowsOf(cheat, banks, cheater, channel => channel),
}));
