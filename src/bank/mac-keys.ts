/**
 * This bank's MAC keys on its disk, in the store: they change in the transaction in which everything under them does.
 *
 *     bank/mac-keys     lift u32 | D_ji by bank i, u64 each, 0 at the own place
 *     bank/pardoned     lift u32: evidence from before it is lifted
 *
 * `lift` counts the re-keyings (protocol.md, section 11): a bank whose network file orders a later one re-keys first.
 */
import { decodeAll, Writer } from '../codec/index.js';
import { utf8 } from '../crypto/index.js';
import { asDamage } from '../errors.js';
import { P } from '../field/index.js';
import { banksMax } from '../limits.js';
import type { Store, StoreOp } from '../ports.js';

export interface MacKeys {
  readonly lift: number;
  readonly deltas: readonly bigint[];
}

const keysKey = utf8('bank/mac-keys');
const pardonedKey = utf8('bank/pardoned');

export function encodeMacKeys({ lift, deltas }: MacKeys): Uint8Array {
  return new Writer(128)
    .u32(lift)
    .list(deltas, (to, delta) => to.big64(delta))
    .done();
}

/** Throws MALFORMED. */
export function decodeMacKeys(bytes: Uint8Array): MacKeys {
  return decodeAll(bytes, 'MAC keys', r => {
    const [lift, deltas] = [r.u32(), r.list(banksMax, from => from.big64())];
    if (deltas.some(delta => delta >= P) || deltas.filter(delta => delta === 0n).length !== 1) {
      throw r.malformed('a MAC key is not in F*');
    }
    return { lift, deltas };
  });
}

export function putMacKeys(keys: MacKeys): StoreOp {
  return { type: 'put', key: keysKey, value: encodeMacKeys(keys) };
}

/** None were drawn yet. Throws STORE_DAMAGED. */
export async function loadMacKeys(store: Store): Promise<MacKeys | undefined> {
  const bytes = await store.get(keysKey);
  try {
    return bytes && decodeMacKeys(bytes);
  } catch (error) {
    throw asDamage(error);
  }
}

export function putPardoned(lift: number): StoreOp {
  return { type: 'put', key: pardonedKey, value: new Writer(4).u32(lift).done() };
}

export async function pardonedLift(store: Store): Promise<number> {
  const bytes = await store.get(pardonedKey);
  return bytes ? decodeAll(bytes, 'pardon', r => r.u32()) : 0;
}
