/** A bank's disk: what is written is there, in the order of keys. */
import { fromHex, toHex } from '../../src/crypto/index.js';
import type { StoreOp } from '../../src/ports.js';
import { History } from './copy.js';

export class Disk {
  /** By key in hex. */
  readonly entries = new History<string, Uint8Array>();

  commit(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      if (op.type === 'put') this.entries.set(toHex(op.key), op.value);
      else this.entries.delete(toHex(op.key));
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.entries.get(toHex(key));
  }

  under(prefix: Uint8Array): [Uint8Array, Uint8Array][] {
    const head = toHex(prefix);
    const keys = [...this.entries.keys()].filter(key => key.startsWith(head)).sort();
    return keys.map(key => [fromHex(key), this.entries.get(key) as Uint8Array]);
  }
}
