/** What the page and its worker tell each other, as plain data. */
import type { AccountInfo, ConsentInfo, HistoryEntry, Progress } from 'covault/wallet';
import type { BankState } from './banks-watch.js';
import type { FailureFacts } from './rpc.js';

export interface NetworkInfo {
  /** Hex. */
  readonly id: string;
  readonly banks: readonly string[];
  readonly pageSize: number;
  /** Decimal places of amounts. */
  readonly scale: number;
  /** What a sealed message has room for. */
  readonly memoBytesMax: number;
}

export interface Start {
  readonly hasWallet: boolean;
  readonly network: NetworkInfo;
  /** What this bank serves as its network is not the one the wallet belongs to. */
  readonly servesOther: boolean;
}

export interface KnownBalance {
  readonly balance: bigint;
  /** Of the block that answered. */
  readonly height: number;
  /** Milliseconds since 1970, by this device. */
  readonly at: number;
}

/** A payment that this page follows, from the press of the button on. */
export interface Job {
  readonly reference: string;
  readonly from: number;
  readonly to: number;
  readonly amount: bigint;
  readonly memo: string | undefined;
  /** 'stored': on this device for good, it pays once whatever happens. 'failed': nothing was paid and nothing will be. */
  readonly phase: 'starting' | 'stored' | 'sent' | 'computing' | 'recorded' | 'settled' | 'cancelled' | 'failed';
  /** The bank that was asked last. */
  readonly bank: string | undefined;
  readonly waitingFor: readonly string[];
  readonly failure: FailureFacts | undefined;
  /** The last try came to nothing; the next one is on its way. */
  readonly trouble: boolean;
}

export interface Account extends AccountInfo {
  readonly balance: KnownBalance | undefined;
  /** A look-up is under way. */
  readonly isAsking: boolean;
  /** Why the last look-up failed. */
  readonly failure: FailureFacts | undefined;
}

export interface Snapshot {
  readonly accounts: readonly Account[];
  /** Newest first, and no more than the last hundred. */
  readonly history: readonly HistoryEntry[];
  readonly consents: readonly ConsentInfo[];
  /** Newest first. */
  readonly jobs: readonly Job[];
  /** Of the last record this device has checked. */
  readonly height: number;
}

export type Event =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'banks'; readonly banks: readonly BankState[] }
  /** Of a call that is under way: 'open', 'balance', 'withdraw', 'view'. */
  | { readonly kind: 'progress'; readonly task: string; readonly progress: Progress };

export interface PaymentOrder {
  readonly from: number;
  /** Address or number. */
  readonly to: string;
  readonly amount: bigint;
  readonly memo?: string | undefined;
  readonly reference?: string | undefined;
}

export type { BankState } from './banks-watch.js';
