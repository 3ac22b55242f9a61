/**
 * Pairs with ideal OT and VOLE: the interface of `src/preprocessing/pair.ts` without a message, for tests only.
 *
 * Both ends of a direction draw from one seed that both know, call by call: the ends need not meet, but must call alike.
 */
import { hash, prg, prgVec, utf8 } from '../../src/crypto/index.js';
import { addScaledInto } from '../../src/field/index.js';
import { blockBytes, type Pair } from '../../src/preprocessing/index.js';
import type { Party } from '../../src/sharing/index.js';

/** `pairs[i][j]`: bank i's end towards bank j; nothing at its own place. */
export function idealPairs(parties: readonly Party[], name = 'ideal'): (Pair | undefined)[][] {
  return parties.map(own => parties.map(peer => (own === peer ? undefined : idealPair(own, peer, name))));
}

function idealPair(own: Party, peer: Party, name: string): Pair {
  const [outward, inward] = [seeds(name, own.self, peer.self), seeds(name, peer.self, own.self)];
  return {
    peer: peer.self,
    otSender: { send: async count => blockPairs(outward('ot'), count) },
    otReceiver: {
      async receive(choices) {
        const { zero, one } = blockPairs(inward('ot'), choices.length);
        return zero.map((byte, at) => (choices[Math.floor(at / blockBytes)] === 1 ? one[at] : byte));
      },
    },
    sharer: {
      async extend(count) {
        const { u, Q } = halves(outward('vole'), count);
        addScaledInto(Q, u, peer.deltas[own.self]);
        return { u, tag: Q };
      },
      wipe: () => {},
    },
    verifier: { extend: async count => halves(inward('vole'), count).Q, wipe: () => {} },
    traffic: { sent: 0, received: 0 },
  };
}

/** A fresh seed for every call of a kind, in the direction from `from` to `to`. */
function seeds(name: string, from: number, to: number): (kind: string) => Uint8Array {
  const calls = new Map<string, number>();
  return kind => {
    const call = calls.get(kind) ?? 0;
    calls.set(kind, call + 1);
    return hash('test/ideal-pair', utf8(`${name} ${kind} ${from} ${to} ${call}`));
  };
}

function blockPairs(seed: Uint8Array, count: number) {
  const all = prg(seed, 2 * blockBytes * count);
  return { zero: all.slice(0, blockBytes * count), one: all.slice(blockBytes * count) };
}

function halves(seed: Uint8Array, count: number) {
  const all = prgVec(seed, 2 * count);
  return { u: all.slice(0, count), Q: all.slice(count) };
}
