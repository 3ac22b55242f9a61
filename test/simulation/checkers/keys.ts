/** Where banks keep things on their disks. */
import { utf8 } from '../../../src/crypto/index.js';

export const logPrefix = utf8('log/');
/** Balances, and this bank's shares of records. */
export const ledgerPrefix = utf8('ledger/');
/** Begins with the height. */
export const headKey = utf8('ledger/head');
export const pagePrefix = utf8('ledger/page/');
export const poolPrefix = utf8('pool/');
/** An envelope's own packet, as it was forwarded. */
export const packetPrefix = utf8('bank/packet/');
/** Headers of settled transfers, by height. */
export const memoPrefix = utf8('memos/log/');
export const burnedPrefix = utf8('agreement/burned/');
export const markedPrefix = utf8('agreement/marked/');
export const earlyKey = utf8('agreement/early');

export function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, i) => key[i] === byte);
}
