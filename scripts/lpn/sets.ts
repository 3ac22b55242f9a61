/** Parameter sets, ours and others', over F_p with p = 2^61 - 1 and rows of ten entries. */
import type { SparseLpn } from './sparse.js';

export interface NamedSet extends SparseLpn {
  readonly name: string;
}

const local = { fieldBits: 61, d: 10 } as const;

export const sets: readonly NamedSet[] = [
  { name: 'protocol.md', n: 636_928, k: 44_000, t: 1_244, ...local },
  { name: 'proposed', n: 636_928, k: 64_000, t: 1_244, ...local },
  { name: 'proposed, blocks of 256', n: 637_184, k: 36_000, t: 2_489, ...local },
  { name: 'proposed first stage', n: 65_536, k: 4_608, t: 2_048, ...local },
  { name: 'emp-zk, first', n: 178_944, k: 17_384, t: 699, ...local },
  { name: 'emp-zk, second', n: 470_016, k: 32_000, t: 918, ...local },
  { name: 'emp-zk, main', n: 10_168_320, k: 158_000, t: 4_965, ...local },
];
