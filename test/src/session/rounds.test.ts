/** Memory that serves again: what a message brought stays what it was, whatever other conversations do meanwhile. */
import test from 'ava';
import { prgVec, utf8 } from '../../../src/crypto/index.js';
import { borrowed, bytesOf, giveBack, type Vec } from '../../../src/field/index.js';
import type { Channel } from '../../../src/ports.js';
import { Rounds } from '../../../src/session/index.js';
import { correction, type InputVole, inputKey, inputShares } from '../../../src/sharing/index.js';
import { dealShares, makeParties, reconstruct } from '../../harness/dealer.js';
import { idealPairs } from '../../harness/ideal-pairs.js';
import { seeded } from '../preprocessing/talks.js';

/** Frames go on as they are, without a copy, and wait some turns: a sender that writes to one later spoils it. */
function slowChannels(count: number, turns: (from: number, to: number) => number): Channel[] {
  const lanes = new Map<string, Promise<Uint8Array>[]>();
  const lane = (from: number, to: number) => {
    const key = `${from} ${to}`;
    const known = lanes.get(key) ?? [];
    lanes.set(key, known);
    return known;
  };
  const tick = () => new Promise(resolve => setImmediate(resolve));
  return Array.from({ length: count }, (_, self) => ({
    self,
    count,
    async send(to: number, frame: Uint8Array) {
      lane(self, to).push(
        (async () => {
          for (let turn = turns(self, to); turn > 0; turn--) await tick();
          return frame;
        })(),
      );
    },
    async receive(from: number) {
      for (;;) {
        const frame = lane(from, self).shift();
        if (frame) return frame;
        await tick();
      }
    },
  }));
}

const elements = (count: number, seed: number) => prgVec(new Uint8Array(16).fill(seed), count);

test('two conversations at once, one over a slow link: every opening is its own, and stays', async t => {
  const parties = makeParties(3, seeded('keys'));
  const lengths = [5_000, 1, 5_000, 0, 4_999, 12_000, 3];
  const talk = async (seed: number, turns: (from: number, to: number) => number) => {
    const channels = slowChannels(3, turns);
    const conversations = parties.map(party => new Rounds(party, channels[party.self], Uint8Array.of(seed)));
    const kept: { opened: Vec; x: Vec }[] = [];
    for (const [k, length] of lengths.entries()) {
      const x = elements(length, seed + k);
      const shares = dealShares(parties, x, seeded(`${seed} ${k}`));
      const heard = await Promise.all(
        conversations.map((rounds, bank) => rounds.step('x', { broadcast: utf8(`${k}`), open: shares[bank] })),
      );
      for (const { opened } of heard) kept.push({ opened, x });
    }
    return kept;
  };
  const both = await Promise.all([talk(1, () => 1), talk(101, from => (from === 1 ? 5 : 0))]);
  t.true(both.flat().every(({ opened, x }) => opened.every((element, i) => element === x[i])));
  t.deepEqual(
    both.flat().map(({ opened }) => opened.length),
    [...lengths, ...lengths].flatMap(length => [length, length, length]),
  );
});

test('an input uses its VOLE up, and the sharing fits while other vectors are lent in its place', async t => {
  const parties = makeParties(2, seeded('keys'));
  const pairs = idealPairs(parties);
  const channels = slowChannels(2, () => 3);
  const conversations = parties.map(party => new Rounds(party, channels[party.self], Uint8Array.of(7)));
  const count = 6_000;
  const sharings = await Promise.all(
    conversations.map(async (rounds, self) => {
      const [party, peer] = [parties[self], 1 - self];
      const pair = pairs[self][peer]!;
      const [own, Q] = [await pair.sharer.extend(count), await pair.verifier.extend(count)];
      const none = new BigUint64Array(0);
      const at = <T>(mine: T, theirs: T) => (self === 0 ? [mine, theirs] : [theirs, mine]);
      const vole: InputVole = { sharer: at({ u: none, tag: none }, own), verifier: at(none, Q) };
      const value = elements(count, 20 + self);
      const { fromEach } = await rounds.step('inputs', { toEach: to => bytesOf(correction(vole, value, to)) });
      const received = rounds.parseVec(peer, 'inputs', fromEach[peer], count);
      const keys = at(none, inputKey(party, vole, peer, received));
      const next = borrowed(count).fill(433n); // somebody else works in the memory that came back
      t.is(next.buffer, received.buffer);
      await new Promise(resolve => setImmediate(resolve));
      giveBack(next);
      return inputShares(party, vole, value, keys);
    }),
  );
  t.deepEqual(
    reconstruct(parties, sharings),
    elements(count, 20).map((x, i) => (x + elements(count, 21)[i]) % (2n ** 61n - 1n)),
  );
});
