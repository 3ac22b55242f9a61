/**
 * The parts of the catalogue that are conversations: messages of all banks in lockstep (`session/rounds.ts`), in a block's
 * computation and in preprocessing, and the messages of a pair (`preprocessing/conversation.ts`).
 */
import { Reader } from '../../src/codec/index.js';
import { toHex } from '../../src/crypto/index.js';
import { assert } from '../../src/errors.js';
import { frameBytesMax } from '../../src/limits.js';
import { type Kind, kinds } from '../../src/preprocessing/conversation.js';
import type { Walker } from './walker.js';

const headBytes = 32 + 2 + 32;

/**
 * context 32 | step u16 | digest 32 | broadcast | own | shares | where something is opened: hash of the tags 32.
 * Answers with the message's name: what `nameOf` calls the step, or `agree` where nothing is said at all.
 */
export function walkRounds(w: Walker, nameOf: (step: number, broadcast: number) => string | undefined): string {
  const at = w.bytes.length - w.left;
  const view = new DataView(w.bytes.buffer, w.bytes.byteOffset + at, w.left);
  const step = view.getUint16(32, true);
  w.span('context', 32).u16('step').span('digest', 32);
  let broadcast = 0;
  let own = 0;
  let opened = 0;
  w.var('broadcast', 1, length => {
    broadcast = length;
    // a coin's share, its opening, and what is revealed with it
    if (length > 32 && step === 1)
      w.span('coin share', 32)
        .span('coin opening', 32)
        .span('key parts', length - 64);
    else w.span('broadcast', length);
  });
  w.var('own', 8, length => {
    own = length;
    w.elements('corrections', length / 8);
  });
  w.var('shares', 8, length => {
    opened = length;
    w.elements('opened shares', length / 8);
  });
  if (w.left > 0) w.span('tag hash', 32);
  const name = broadcast + own + opened === 0 ? 'agree' : nameOf(step, broadcast);
  assert(name !== undefined && w.bytes.length - at >= headBytes, `message ${step} of a conversation has a name`);
  return name as string;
}

const bodies: { readonly [K in Kind]: (w: Walker) => string | undefined } = {
  rounds: w => walkRounds(w, (step, broadcast) => (step === 0 && broadcast !== 32 ? 'wants' : productSteps[step])),
  baseOtSender: w => plain(w.rest('points')),
  baseOtReceiver: w => plain(w.rest('points')),
  // trees of four leaves: two sums of 16 bytes, the sum of the t; after all of them their hash
  puncturedTrees: w =>
    plain(
      w
        .span('sums', 32)
        .span('tag sum', 32)
        .span('other trees', w.left - 32)
        .span('hash', 32),
    ),
  extensionCorrections: w => plain(w.rest('corrections')),
  extensionChallenge: w => plain(w.rest('challenge')),
  extensionResponse: w => plain(w.span('combined choices', 16).rest('combined rows')),
  voleRows: w => plain(w.rest('rows', 'elements')),
  voleChallenge: w => plain(w.rest('challenge')),
  voleResponse: w => plain(w.elements('a', 1).elements('b', 1)),
  linkOffer: w => {
    w.u8('mode', 'shape');
    return plain(w.span('epoch', 16).u64('number').elements('e', 1).span('commitment', 32));
  },
  linkAnswer: w => plain(w.rest('commitment')),
  linkOpening: w => plain(w.elements('value', 1).span('opening', 32)),
  linkReply: w => plain(w.elements('value', 1).span('opening', 32)),
  linkRefill: w =>
    plain(w.span('epoch', 16).u64('lowest').u64('first').u32('count').u32('first version').u32('versions')),
  linkConfirmation: w => plain(w),
  productCorrections: w => plain(w.rest('corrections', 'elements')),
  pointShifts: w => plain(w.rest('shifts', 'elements')),
  // of the first stage and of the main one: sums of every level, then d of every block
  pointSums: w => plain(w.span('sums', sumBytes(w.left)).rest('d', 'elements')),
  pointChallenge: w => plain(w.span('seed', 16).elements('x*', 1)),
  pointCommitment: w => plain(w.rest('commitment')),
  pointResponse: w => plain(w.elements('Z', 1)),
  pointOpening: w => plain(w.rest('opening')),
};

const plain = (_: Walker): undefined => undefined;

/** `preprocessing/products.ts`. */
export const productSteps = ['inputs', 'reveal', 'rho', 'sigma', 'digest'];

/** 32 bytes a level and 8 a block, for 8 and 64 leaves a block (`small-lpn.ts`). */
function sumBytes(length: number): number {
  const depth = [3, 6].find(levels => length % (32 * levels + 8) === 0);
  assert(depth !== undefined, 'sums of a known forest');
  return (length / (32 * (depth as number) + 8)) * 32 * (depth as number);
}

export function walkPreprocessing(w: Walker): string {
  const number = w.u8('kind', 'shape');
  const kind = (Object.keys(kinds) as Kind[]).find(name => kinds[name] === number);
  assert(kind !== undefined, 'a kind of the pairwise protocols');
  const name = bodies[kind as Kind](w);
  return `preprocessing/${name === undefined ? kind : `rounds: ${name}`}`;
}

/** Of one message of a computation, as `Rounds` made it. */
export interface RoundsMessage {
  readonly context: string;
  readonly step: number;
  /** Bytes broadcast, said to one, and opened. */
  readonly shape: string;
  readonly broadcast: Uint8Array;
}

/** Throws: MALFORMED. */
export function takeRoundsApart(frame: Uint8Array): RoundsMessage {
  const r = new Reader(frame, 'message of a conversation');
  const context = toHex(r.fixed(32));
  const step = r.u16();
  r.fixed(32);
  const parts = [0, 1, 2].map(() => r.bytes(frameBytesMax));
  return { context, step, shape: parts.map(({ length }) => length).join('/'), broadcast: parts[0] };
}
