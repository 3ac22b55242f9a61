/**
 * The rules of section 10 of the protocol as edits that take them out of the agreement's text, one at a time. Each edit's text
 * stands in its file exactly once (the loader insists).
 */
export interface Edit {
  /** Of src/agreement, without its ending. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  readonly rule: string;
  readonly edits: readonly Edit[];
}

export const mutants: readonly Mutant[] = [
  {
    rule: 'mark before message 2',
    edits: [{ file: 'starting', from: 'putMarked(state.attempt, marked)]', to: 'putMarked(state.attempt, marked)].slice(1)' }],
  },
  {
    rule: 'the signature is stored before it leaves',
    edits: [{ file: 'signing', from: 'ops: [putSigned(state.attempt, signed), ...burn]', to: 'ops: [...burn]' }],
  },
  {
    rule: 'a root void only if not signed',
    edits: [
      { file: 'machine', from: "if (state.phase === 'running')", to: "if (state.phase === 'running' || state.phase === 'signed')" },
      { file: 'machine', from: 'rootVoid(true)', to: "rootVoid(state.phase === 'running')" },
      { file: 'voiding', from: 'own.signed === undefined && own.void === undefined', to: 'own.void === undefined' },
    ],
  },
  {
    rule: 'after signing only on another void, which the own carries',
    edits: [{ file: 'voiding', from: "this.#voidAttempt(root, phase === 'running')", to: "this.#voidAttempt(undefined, phase === 'running')" }],
  },
  {
    rule: 'burning in the transaction that voids',
    edits: [{ file: 'voiding', from: 'const burn = state.own().marked ?? [];', to: 'const burn = [];' }],
  },
  {
    rule: 'a bank that has committed answers with the certificate',
    edits: [{ file: 'state', from: "if (this.last) this.outbox.send(to, { kind: 'certificate', ...this.last });", to: '' }],
  },
];
