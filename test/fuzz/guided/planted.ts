/** Targets with a mistake that a search must find: for the tests of the search. */
import { CovaultError } from '../../../src/errors.js';
import type { FuzzTarget } from '../target.js';

const refuse = () => new CovaultError('MALFORMED', 'not it');

/** Only whoever is led from one place to the next gets to its end: by chance it takes millions of inputs. */
export function deep(bytes: Uint8Array): void {
  if (bytes[0] !== 0x43) throw refuse();
  if (bytes[1] !== 0x6f) throw refuse();
  if (bytes[2] !== 0x76) throw refuse();
  new DataView(bytes.buffer).getUint32(bytes.length);
}

function busy(bytes: Uint8Array): void {
  if (bytes[0] !== 1) throw refuse();
  const { user, system } = process.cpuUsage();
  const until = user + system + 80_000;
  for (let now = 0; now < until; ) {
    const { user, system } = process.cpuUsage();
    now = user + system;
  }
}

const held: unknown[] = [];

const target = (name: string, sample: number[], again: (bytes: Uint8Array) => void): FuzzTarget => ({
  name,
  covers: [],
  form: 'value',
  samples: [Uint8Array.from(sample)],
  codes: ['MALFORMED'],
  again: bytes => void again(bytes),
});

export const targets: readonly FuzzTarget[] = [
  target('deep', [0, 0, 0, 0, 0, 0, 0, 0], deep),
  target('busy', [1], busy),
  target('large', [1], ([first]) => {
    if (first !== 1) throw refuse();
    held.splice(0, held.length, new Uint8Array(16 * 1024 * 1024).fill(1));
  }),
  target('endless', [2, 3], ([first]) => {
    while (first === 2);
  }),
  target('greedy', [4, 5], ([first]) => {
    while (first === 4) held.push(Array.from({ length: 10_000 }, () => ({})));
  }),
];
