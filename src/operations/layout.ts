/**
 * The layouts by kind of operation: what a bank looks up before it knows anything else of an envelope.
 */
import type { Arguments, Kind } from '../envelope/index.js';
import type { Circuit, Field, UnitClaim } from '../proof/index.js';
import { auditLayout } from './audit.js';
import { openLayout } from './open.js';
import { rekeyLayout } from './rekey.js';
import { revealLayout } from './reveal.js';
import type { Shape } from './shape.js';
import { transferLayout } from './transfer.js';

const layouts = {
  transfer: transferLayout,
  open: openLayout,
  reveal: revealLayout,
  audit: auditLayout,
  rekey: rekeyLayout,
} as const;

export const circuitOf = (shape: Shape, kind: Kind): Circuit => layouts[kind](shape).circuit;

/** L: elements of the input vector. */
export const inputLength = (shape: Shape, kind: Kind): number => circuitOf(shape, kind).length;

/** What one envelope reads of a page at a secret slot, K > 1: which column its presented key must match. */
export interface Selection {
  readonly page: number;
  readonly unit: Field;
  readonly presentedKey: number;
  readonly keyColumn: 'spending' | 'viewing';
}

export function selectionOf(shape: Shape, a: Arguments): Selection | undefined {
  if (shape.pageSize === 1) return undefined;
  if (a.kind === 'transfer') {
    const { hidden } = transferLayout(shape);
    return hidden && { page: a.payerPage, unit: hidden.payer, presentedKey: hidden.key, keyColumn: 'spending' };
  }
  if (a.kind === 'reveal') {
    const { hidden } = revealLayout(shape);
    return hidden && { page: a.page, unit: hidden.slot, presentedKey: hidden.key, keyColumn: 'viewing' };
  }
  if (a.kind === 'rekey') {
    const { hidden } = rekeyLayout(shape);
    return hidden && { page: a.page, unit: hidden.slot, presentedKey: hidden.key, keyColumn: 'spending' };
  }
  return undefined;
}

/** Every unit vector of the operation, with the slots at which it must vanish. `closed(page)` has K flags. */
export function unitClaims(shape: Shape, a: Arguments, closed: (page: number) => Uint8Array): UnitClaim[] {
  if (shape.pageSize === 1) return [];
  if (a.kind === 'transfer') {
    const { hidden } = transferLayout(shape);
    return hidden
      ? [
          { e: hidden.payer, closed: closed(a.payerPage) },
          { e: hidden.payee, closed: closed(a.payeePage) },
        ]
      : [];
  }
  const selection = selectionOf(shape, a);
  return selection ? [{ e: selection.unit, closed: closed(selection.page) }] : [];
}
