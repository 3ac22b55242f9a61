/**
 * Rules of section 10 of the protocol, each as edits that take it out of the agreement's text, with bounds within which honest
 * banks alone then do what the rule forbids. Each edit's text stands in its file exactly once (the loader insists), in the
 * source and as it is compiled.
 *
 * Not here: attempt k + 1 only with all n voids (honest banks run it only once all n propose in it, and each voids first: taken
 * out, nothing follows that this explorer sees); rules that matter only beside a bank that lies (certificate unless signed later; record signature and root void as
 * proof; burned lists checked against the log and burned with the signature). `attacks.test.ts` plays those one by one.
 */
import { type Bounds, small } from './bounds.js';

export interface Edit {
  /** Of src/agreement, without its ending. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  readonly rule: string;
  readonly edits: readonly Edit[];
  readonly bounds: Bounds;
}

const crashOnly: Bounds = { ...small, breaks: 0, timeouts: 0 };

export const mutants: readonly Mutant[] = [
  {
    rule: 'ids are marked on the disk before message 2',
    edits: [{ file: 'starting', from: 'marked)],', to: 'marked)].slice(1),' }],
    bounds: crashOnly,
  },
  {
    rule: 'a signature is on the disk before it leaves',
    edits: [{ file: 'signing', from: 'ops: [putSigned(state.attempt, signed), ...burn]', to: 'ops: [...burn]' }],
    bounds: crashOnly,
  },
  {
    rule: 'a root void only if the record is not signed',
    edits: [
      {
        file: 'machine',
        from: "if (state.phase === 'running')",
        to: "if (state.phase === 'running' || state.phase === 'signed')",
      },
      { file: 'machine', from: 'rootVoid(true)', to: "rootVoid(state.phase === 'running')" },
      { file: 'voiding', from: 'own.signed === undefined && own.void === undefined', to: 'own.void === undefined' },
    ],
    bounds: { ...small, crashes: 0, timeouts: 0 },
  },
  {
    rule: 'after signing only on another void, which the own carries',
    edits: [{ file: 'voiding', from: '#voidAttempt(root, phase', to: '#voidAttempt(undefined, phase' }],
    bounds: { ...small, crashes: 0, breaks: 0 },
  },
  {
    rule: 'nothing of an attempt after its void',
    edits: [
      { file: 'voiding', from: 'if (running)', to: 'if (false)' },
      { file: 'signing', from: "state.phase !== 'running' || !sameGround", to: '!sameGround' },
      { file: 'signing', from: 'this.#checkOwnRecord(record);', to: '' },
    ],
    bounds: { ...small, banks: 3, crashes: 0, breaks: 0, statesMax: 1_000_000 },
  },
  {
    rule: 'burning in the transaction that voids',
    edits: [{ file: 'voiding', from: 'state.own().marked ?? []', to: '[]' }],
    bounds: { ...small, crashes: 0, breaks: 0 },
  },
  {
    rule: 'what was begun beside an attempt is burned with it',
    edits: [{ file: 'state', from: '[...this.burnOps(burn), delEarly]', to: '[delEarly]' }],
    bounds: { ...small, envelopes: 2, early: 1, overlap: true, crashes: 0, timeouts: 0 },
  },
  {
    rule: 'a bank that has committed answers with the certificate',
    edits: [{ file: 'state', from: 'if (this.last)', to: 'if (false)' }],
    bounds: crashOnly,
  },
];
