/**
 * A bank that cheats in one message of a block: its frames pass through a hand that may change them.
 *
 *     frame    context 32 | step u16 | digest 32 | broadcast | own | opened shares | where it opens: hash of its tags 32
 *              (the three in the middle: length u32, then the bytes; `session/rounds.ts`)
 */
import { Reader, Writer } from '../../../src/codec/index.js';
import { concatBytes } from '../../../src/crypto/index.js';
import type { Envelope } from '../../../src/envelope/index.js';
import { CovaultError } from '../../../src/errors.js';
import { decodeVec, encodeVec, fp, type Vec } from '../../../src/field/index.js';
import type { Settled } from '../../../src/ledger/settle.js';
import type { Channel } from '../../../src/ports.js';
import {
  balancesOf,
  makeWorld,
  openEnvelope,
  type RunOptions,
  runBlock,
  settleBlock,
  type World,
} from '../../harness/banks.js';

export interface Frame {
  context: Uint8Array;
  step: number;
  digest: Uint8Array;
  broadcast: Uint8Array;
  own: Uint8Array;
  shares: Uint8Array;
  /** Empty where nothing is opened. */
  tagHash: Uint8Array;
}

const large = 1 << 24;

export function readFrame(bytes: Uint8Array): Frame {
  const r = new Reader(bytes, 'frame');
  const head = { context: r.fixed(32), step: r.u16(), digest: r.fixed(32) };
  return {
    ...head,
    broadcast: r.bytes(large),
    own: r.bytes(large),
    shares: r.bytes(large),
    tagHash: r.fixed(r.remaining),
  };
}

export function writeFrame({ context, step, digest, broadcast, own, shares, tagHash }: Frame): Uint8Array {
  const w = new Writer(large >> 8).fixed(context).u16(step).fixed(digest);
  return w.bytes(broadcast).bytes(own).bytes(shares).fixed(tagHash).done();
}

/** What the cheat makes of one frame to one bank; nothing: the session ends there. `before`: the last one to that bank. */
export type Hand = (frame: Uint8Array, before: Uint8Array | undefined, to: number) => Uint8Array | undefined;

/** The cheat: at message number `step`, towards the banks in `to`. */
export interface Cheat {
  readonly cheater: number;
  readonly step: number;
  readonly to: readonly number[];
  readonly hand: Hand;
}

/** Between the cheater and its channel. */
export function cheatingChannel(channel: Channel, { step, to: victims, hand }: Cheat): Channel {
  const last = new Map<number, Uint8Array>();
  return {
    self: channel.self,
    count: channel.count,
    receive: from => channel.receive(from),
    send: async (to, frame) => {
      const before = last.get(to);
      last.set(to, frame.slice());
      const isMeant = readFrame(frame).step === step && victims.includes(to);
      const sent = isMeant ? hand(frame, before, to) : frame;
      if (sent === undefined) throw new CovaultError('SESSION_ENDED', 'the cheater has hung up');
      await channel.send(to, sent);
    },
  };
}

/**
 * A liar that reads before it speaks: what it sends to a bank carries the digest that bank has itself, so that no digest
 * of its own gives it away; and it takes whatever digest it is sent. `alter` sees what that bank says in this message.
 */
export function adaptedDigests(channel: Channel, alter: (frame: Frame, to: number, theirs: Frame) => Frame): Channel {
  const next = new Map<number, Promise<Uint8Array>>();
  const peek = (from: number) => {
    const frame = next.get(from) ?? channel.receive(from);
    next.set(from, frame);
    return frame;
  };
  const blind = blindToDigests({
    ...channel,
    send: async (to, bytes) => {
      const theirs = readFrame(await peek(to));
      await channel.send(to, writeFrame(alter({ ...readFrame(bytes), digest: theirs.digest }, to, theirs)));
    },
    receive: async from => {
      const frame = await peek(from);
      next.delete(from);
      return frame;
    },
  });
  return blind;
}

/** As if a bank did not compare digests: what it hears always carries its own. */
export function blindToDigests(channel: Channel): Channel {
  let own = new Uint8Array(32);
  return {
    self: channel.self,
    count: channel.count,
    send: (to, bytes) => {
      own = Uint8Array.from(readFrame(bytes).digest);
      return channel.send(to, bytes);
    },
    receive: async from => writeFrame({ ...readFrame(await channel.receive(from)), digest: own }),
  };
}

export type Outcomes = PromiseSettledResult<Settled>[];

export async function runCheat(
  world: World,
  envelopes: readonly Envelope[],
  cheat: Cheat,
  options: RunOptions = {},
): Promise<Outcomes> {
  return runBlock(world, envelopes, {
    ...options,
    channel: (channel, bank) => (bank === cheat.cheater ? cheatingChannel(channel, cheat) : channel),
  });
}

/** Errors of the honest banks, in roster order; undefined where a bank went through. */
export function honestErrors(outcomes: Outcomes, cheater: number): (CovaultError | undefined)[] {
  return outcomes
    .filter((_, bank) => bank !== cheater)
    .map(outcome => {
      if (outcome.status === 'fulfilled') return undefined;
      if (outcome.reason instanceof CovaultError) return outcome.reason;
      throw outcome.reason;
    });
}

export const editing =
  (edit: (frame: Frame) => Frame) =>
  (bytes: Uint8Array): Uint8Array =>
    writeFrame(edit(readFrame(bytes)));

export const flip = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, i) => (i === (at + bytes.length) % bytes.length ? byte ^ 1 : byte));

/** One more in one element; counted from the end where negative. */
export function bump(bytes: Uint8Array, at: number): Uint8Array {
  const elements: Vec = decodeVec(bytes);
  const k = (at + elements.length) % elements.length;
  elements[k] = fp.add(elements[k], 1n);
  return encodeVec(elements);
}

/** Every way to spoil a frame, by name; each says whether it applies to the frame. */
export const hands: Readonly<Record<string, { readonly applies: (frame: Frame) => boolean; readonly hand: Hand }>> = {
  'another context': { applies: () => true, hand: editing(f => ({ ...f, context: flip(f.context, 5) })) },
  'another step number': { applies: () => true, hand: editing(f => ({ ...f, step: f.step + 1 })) },
  'another digest': { applies: () => true, hand: editing(f => ({ ...f, digest: flip(f.digest, -1) })) },
  'the first broadcast byte': {
    applies: f => f.broadcast.length > 0,
    hand: editing(f => ({ ...f, broadcast: flip(f.broadcast, 0) })),
  },
  'the last broadcast byte': {
    applies: f => f.broadcast.length > 0,
    hand: editing(f => ({ ...f, broadcast: flip(f.broadcast, -1) })),
  },
  'a shorter broadcast': {
    applies: f => f.broadcast.length > 0,
    hand: editing(f => ({ ...f, broadcast: f.broadcast.subarray(1) })),
  },
  'the first correction': { applies: f => f.own.length > 0, hand: editing(f => ({ ...f, own: bump(f.own, 0) })) },
  'a correction in the middle': {
    applies: f => f.own.length > 0,
    hand: editing(f => ({ ...f, own: bump(f.own, f.own.length >> 4) })),
  },
  'the last correction': { applies: f => f.own.length > 0, hand: editing(f => ({ ...f, own: bump(f.own, -1) })) },
  'a correction too many': {
    applies: f => f.own.length > 0,
    hand: editing(f => ({ ...f, own: concatBytes(f.own, new Uint8Array(8)) })),
  },
  'a correction that is no element': {
    applies: f => f.own.length > 0,
    hand: editing(f => ({ ...f, own: concatBytes(new Uint8Array(8).fill(255), f.own.subarray(8)) })),
  },
  'the first opened share': {
    applies: f => f.shares.length > 0,
    hand: editing(f => ({ ...f, shares: bump(f.shares, 0) })),
  },
  'an opened share in the middle': {
    applies: f => f.shares.length > 16,
    hand: editing(f => ({ ...f, shares: bump(f.shares, f.shares.length >> 4) })),
  },
  'the last opened share': {
    applies: f => f.shares.length > 8,
    hand: editing(f => ({ ...f, shares: bump(f.shares, -1) })),
  },
  'an opened share that is no element': {
    applies: f => f.shares.length > 0,
    hand: editing(f => ({ ...f, shares: concatBytes(new Uint8Array(8).fill(255), f.shares.subarray(8)) })),
  },
  'an opened share too many': {
    applies: f => f.tagHash.length > 0,
    hand: editing(f => ({ ...f, shares: concatBytes(f.shares, new Uint8Array(8)) })),
  },
  'the hash of its tags': {
    applies: f => f.tagHash.length > 0,
    hand: editing(f => ({ ...f, tagHash: flip(f.tagHash, 9) })),
  },
  'a byte too few': { applies: () => true, hand: bytes => bytes.subarray(0, bytes.length - 1) },
  'a byte too many': { applies: () => true, hand: bytes => concatBytes(bytes, Uint8Array.of(0)) },
  nothing: { applies: () => true, hand: () => new Uint8Array(0) },
  'the message before, again': {
    applies: f => f.step > 0,
    hand: (bytes, before) => before ?? bytes,
  },
};

/** Slot 2 stays closed, though genesis funded it. */
export const start = [100n, 200n, 300n, 400n, 0n, 0n];

/** Accounts 0, 1, 3 and 4 are open. */
export async function openedWorld(banks: number, pageSize: number): Promise<World> {
  const world = makeWorld({ banks, pageSize, balances: start });
  await settleBlock(
    world,
    [0, 1, 3, 4].map(account => openEnvelope(world, account)),
  );
  return world;
}

/** Every bank's result; throws what stopped one. */
export function results(outcomes: Outcomes): Settled[] {
  return outcomes.map(outcome => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** Applies a block everywhere, as n signatures would. */
export function applyAll(world: World, settled: readonly Settled[]): bigint[] {
  world.states.forEach((state, bank) => {
    state.apply(settled[bank].prepared);
  });
  world.height++;
  return balancesOf(world);
}
