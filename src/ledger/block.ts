/**
 * A block as it is given to the banks, and what comes of it: the input and output of `settle.ts`.
 */
import type { Header } from '../envelope/index.js';
import { assert } from '../errors.js';
import type { Vec } from '../field/index.js';
import { type Shape, selectionOf } from '../operations/index.js';
import type { Positions, StockCounts } from '../preprocessing/index.js';
import type { Prepared } from './prepared.js';
import type { Status } from './record.js';

/** An envelope whose packet this bank has opened. */
export interface Admitted {
  readonly id: Uint8Array;
  readonly header: Header;
  readonly keyPart: Uint8Array;
  /** This bank's share of x. */
  readonly share: Vec;
}

export interface Block {
  readonly height: number;
  readonly attempt: number;
  /** Binds the conversation: session, height, attempt. */
  readonly context: Uint8Array;
  readonly proposalsDigest: Uint8Array;
  readonly envelopes: readonly Admitted[];
  /** Indices into `envelopes`: the transfers, wave by wave. */
  readonly waves: readonly (readonly number[])[];
  /** Where the block's correlations start. */
  readonly at: Positions;
  /** Resolves when the balances are those that the block before has left: nothing of them is read earlier. */
  readonly balances: () => Promise<void>;
}

export interface Settled {
  /** By envelope. */
  readonly statuses: readonly Status[];
  /** Of everything broadcast. */
  readonly digest: Uint8Array;
  readonly prepared: Prepared;
  readonly traffic: { readonly messages: number; readonly bytesSent: number };
}

/**
 * What a block draws from the stock, known before it starts: one VOLE element for each input element and one more for the
 * block; for K > 1 a selection tuple and a triple for each transfer, reveal and rekey.
 */
export function stockFor(shape: Shape, envelopes: readonly { header: Header; length: number }[]): StockCounts {
  const inputs = envelopes.reduce((sum, { length }) => sum + length, 0);
  const selections = envelopes.filter(({ header }) => selectionOf(shape, header.arguments)).length;
  return { vole: envelopes.length === 0 ? 0 : inputs + 1, triples: selections, selections };
}

/** The page whose balance an envelope reads. */
export function pageRead({ arguments: a }: Header): number {
  assert(a.kind === 'transfer' || a.kind === 'reveal', 'only these read a balance');
  return a.kind === 'transfer' ? a.payerPage : a.page;
}

/** Of a transfer. */
export function pagesOf({ arguments: a }: Header): { payer: number; payee: number } {
  assert(a.kind === 'transfer', 'a wave holds transfers');
  return { payer: a.payerPage, payee: a.payeePage };
}
