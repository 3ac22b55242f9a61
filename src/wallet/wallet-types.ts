/**
 * What a wallet is made with, what its calls take, and what they answer.
 */
import type { ScryptCost } from '../crypto/index.js';
import type { Gateways, Network } from '../network/index.js';
import type { WordCount } from './keys.js';
import type { Surroundings, WalletStore } from './ports.js';
import type { CallOptions } from './progress.js';

/** What a wallet is opened with. */
export interface WalletOptions extends Surroundings {
  readonly store: WalletStore;
  readonly passphrase: string;
  readonly network: Network;
  readonly gateways: Gateways;
  /** The bank asked first: a name or a gateway's URL. */
  readonly bank?: string | undefined;
  /** An envelope may stand in this many heights after the last one the wallet has seen. */
  readonly expiryHeights?: number;
  /** How long one call waits for its outcome. */
  readonly timeoutMs?: number;
  /** How long it goes on while no bank serves it. */
  readonly unreachableMs?: number;
}

/** What a wallet is made with. */
export interface NewWalletOptions extends WalletOptions {
  /** Restores the keys of another wallet; without it they are new. */
  readonly seedPhrase?: string;
  readonly words?: WordCount;
  readonly cost?: ScryptCost;
}

/** A payment that is asked for. */
export interface TransferOptions extends CallOptions {
  readonly from: number | string;
  /** Account number or address. */
  readonly to: number | string;
  /** In the smallest unit: `parseAmount` reads what people write. */
  readonly amount: bigint;
  /** The same reference pays once. Without one, a random one. */
  readonly reference?: string | undefined;
  /**
   * Tells the payee, and nobody else, what was paid and for what, if it is (`memos.ts`); '' tells it without a text. At most
   * memoTextBytesMax bytes; `to` is an address with a memo key then, or an own account.
   */
  readonly memo?: string | undefined;
}

/** What became of a payment; `height` is that of the record that decided it. */
export interface TransferResult {
  readonly reference: string;
  readonly verdict: 'settled' | 'cancelled';
  readonly height: number;
}

/** An own account. `opening`: asked for, and no final record shows it yet. */
export interface AccountInfo {
  readonly account: number;
  readonly address: string;
  readonly label: string;
  readonly state: 'opening' | 'open';
}

/** A payment that this wallet was asked for. `amount` in the smallest unit. */
export interface PaymentInfo {
  readonly reference: string;
  readonly from: number;
  readonly to: number;
  readonly amount: bigint;
  /** `dead`: not paid, and nothing under way. */
  readonly state: 'pending' | 'settled' | 'cancelled' | 'dead';
}
