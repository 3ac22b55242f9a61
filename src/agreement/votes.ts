/**
 * What every bank has said about the attempts at one height, as far as this bank has heard, and what that proves.
 * Statements come in checked (`signedHolds`, `voidHolds`); each bank's first word of a kind is kept.
 */
import { equalBytes } from '../crypto/index.js';
import type { Certificate } from '../ledger/log.js';
import { type Proof, type RootVoid, rootOf, type Signed, type Void } from './statements.js';

interface Heard {
  readonly signed: Map<number, Signed>;
  readonly voids: Map<number, Void>;
  /** Also those that came inside another bank's void. */
  readonly roots: Map<number, RootVoid>;
}

export class Votes {
  readonly #banks: number;
  readonly #attempts = new Map<number, Heard>();

  constructor(banks: number) {
    this.#banks = banks;
  }

  #of(attempt: number): Heard {
    let heard = this.#attempts.get(attempt);
    if (!heard) {
      heard = { signed: new Map(), voids: new Map(), roots: new Map() };
      this.#attempts.set(attempt, heard);
    }
    return heard;
  }

  /** Answers with proof, if with this the bank has contradicted itself. */
  addSigned(signed: Signed): Proof | undefined {
    const heard = this.#of(signed.attempt);
    const first = heard.signed.get(signed.bank);
    if (first && !equalBytes(first.recordHash, signed.recordHash)) {
      return { kind: 'two-records', first, second: signed };
    }
    if (!first) heard.signed.set(signed.bank, signed);
    return this.#signAndVoid(heard, signed.bank);
  }

  addVoid(v: Void): Proof | undefined {
    const heard = this.#of(v.attempt);
    if (!heard.voids.has(v.bank)) heard.voids.set(v.bank, v);
    const root = rootOf(v);
    if (!heard.roots.has(root.bank)) heard.roots.set(root.bank, root);
    return this.#signAndVoid(heard, root.bank);
  }

  #signAndVoid({ signed, roots }: Heard, bank: number): Proof | undefined {
    const record = signed.get(bank);
    const root = roots.get(bank);
    return record && root && { kind: 'sign-and-void', signed: record, voidSignature: root.signature };
  }

  signed(attempt: number): readonly Signed[] {
    return [...this.#of(attempt).signed.values()];
  }

  /** Those of which anything was heard. */
  get attempts(): Iterable<number> {
    return this.#attempts.keys();
  }

  signedBy(bank: number): Signed[] {
    return [...this.#attempts.values()].flatMap(({ signed }) => signed.get(bank) ?? []);
  }

  rootsBy(bank: number): (RootVoid & { readonly attempt: number })[] {
    return [...this.#attempts].flatMap(([attempt, { roots }]) => {
      const root = roots.get(bank);
      return root ? [{ attempt, ...root }] : [];
    });
  }

  /** Banks whose void, or else whose signature, of that attempt was not heard. */
  silentOn(attempt: number, what: 'signed' | 'voids'): number[] {
    const heard = this.#attempts.get(attempt)?.[what];
    return Array.from({ length: this.#banks }, (_, bank) => bank).filter(bank => !heard?.has(bank));
  }

  /** Any void of that attempt. */
  anyVoid(attempt: number): Void | undefined {
    const [first] = this.#of(attempt).voids.values();
    return first;
  }

  allVoid(attempt: number): boolean {
    return this.#of(attempt).voids.size === this.#banks;
  }

  /** All n signatures under that record. */
  certificate(attempt: number, recordHash: Uint8Array): Certificate | undefined {
    const { signed } = this.#of(attempt);
    const list = Array.from({ length: this.#banks }, (_, bank) => signed.get(bank));
    const all = list.filter(s => s !== undefined && equalBytes(s.recordHash, recordHash)) as Signed[];
    return all.length === this.#banks ? all.map(({ commitment, signature }) => ({ commitment, signature })) : undefined;
  }
}
