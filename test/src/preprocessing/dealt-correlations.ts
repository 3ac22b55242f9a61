/** Oblivious transfers and VOLE from a dealer, for what stands on them. */
import { prg, prgVec } from '../../../src/crypto/index.js';
import { addScaledInto, type Vec } from '../../../src/field/index.js';
import type { OtReceiver, OtSender } from '../../../src/preprocessing/ot.js';
import type { VoleSharer, VoleVerifier } from '../../../src/preprocessing/vole.js';

/** Position-dependent blocks, equal at both ends. */
export function dealtOts(): { sender: OtSender; receiver: OtReceiver } {
  const dealer = (): OtSender => {
    let seed = 0;
    return {
      async send(count) {
        const key = (one: number) => Uint8Array.of(...new Uint8Array(14), ++seed, one);
        return { zero: prg(key(0), 16 * count), one: prg(key(1), 16 * count) };
      },
    };
  };
  const mirror = dealer();
  return {
    sender: dealer(),
    receiver: {
      async receive(choices) {
        const { zero, one } = await mirror.send(choices.length);
        return zero.map((byte, at) => (choices[at >> 4] === 1 ? one[at] : byte));
      },
    },
  };
}

/** T = Q + D*u. */
export function dealtVole(D: bigint): { sharer: VoleSharer; verifier: VoleVerifier } {
  const make = (calls: number, count: number) => {
    const vector = (which: number): Vec => prgVec(Uint8Array.of(...new Uint8Array(14), calls, which), count);
    const [u, Q] = [vector(2), vector(3)];
    const tag = Q.slice();
    addScaledInto(tag, u, D);
    return { u, tag, Q };
  };
  let [given, kept] = [0, 0];
  return {
    sharer: { extend: async count => make(given++, count), wipe() {} },
    verifier: { extend: async count => make(kept++, count).Q, wipe() {} },
  };
}
