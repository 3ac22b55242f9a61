/**
 * Rules of section 10 of the protocol, each as edits that take it out of the agreement's text, with bounds within which
 * honest banks alone, or beside one that lies, then come to what the rule prevents. Each edit's text stands in its file exactly
 * once (the loader insists), in the source and as it is compiled.
 */
import { type Bounds, small, smallCheat, threeCheat } from './bounds.js';

export interface Edit {
  /** Of src/agreement or src/wallet, without its ending. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  readonly rule: string;
  readonly edits: readonly Edit[];
  readonly bounds: Bounds;
  /** Why nothing follows within these bounds, where nothing is known to. */
  readonly nothing?: string;
}

const quiet = { crashes: 0, breaks: 0, timeouts: 0, lies: 0 };
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
    rule: 'a bank that starts with a mark voids when the others have told what they heard of it',
    edits: [{ file: 'machine', from: "state.phase = 'held'", to: 'this.#voiding.rootVoid(false)' }],
    bounds: { ...small, ...quiet, restores: 1 },
  },
  {
    rule: 'a bank that has no mark of what another has signed is on an old disk',
    edits: [{ file: 'signing', from: 'if (state.own(signed.attempt) === untried)', to: 'if (false)' }],
    bounds: { ...small, ...quiet, restores: 1, beforeMark: true },
  },
  {
    rule: 'who waits for that tells the others without waiting',
    edits: [
      {
        file: 'machine',
        from: 'outbox.broadcast(state.status());',
        to: "if (state.phase !== 'held') outbox.broadcast(state.status());",
      },
    ],
    bounds: { ...crashOnly, crashes: 2 },
  },
  {
    rule: 'who stands one height behind has told, too',
    edits: [{ file: 'machine', from: 'if (height <= state.height)', to: 'if (height === state.height)' }],
    bounds: { ...crashOnly, envelopes: 2, overlap: true, heights: 1, attempts: 1, rounds: 1 },
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
    edits: [{ file: 'state', from: 'if (!this.last || !entries)', to: 'if (true)' }],
    bounds: crashOnly,
  },
  {
    rule: 'a certificate only if no later attempt is signed',
    edits: [{ file: 'state', from: 'later > attempt && signed !== undefined', to: 'false' }],
    bounds: { ...threeCheat, words: ['plain', 'signed', 'void', 'certificate'] },
  },
  {
    rule: 'a record signature and a root void are proof',
    edits: [
      { file: 'votes', from: 'return record && root &&', to: 'return undefined &&' },
      { file: 'voiding', from: 'if (v.attempt !== last.record.attempt)', to: 'if (true)' },
    ],
    bounds: { ...threeCheat, words: ['plain', 'signed', 'void'] },
  },
  {
    rule: 'a void after another carries one that holds',
    edits: [{ file: 'statements', from: 'return root.bank !== v.bank &&', to: 'return true ||' }],
    bounds: { ...threeCheat, attempts: 1, words: ['plain', 'signed', 'void', 'lie'], lies: 1 },
  },
  {
    rule: 'nothing is signed that lists a settled id as burned',
    edits: [{ file: 'starting', from: 'if (settled.size === 0)', to: 'if (true)' }],
    bounds: { ...smallCheat, ...quiet, heights: 2, attempts: 1 },
  },
  {
    rule: 'an id of a block beside this one is as good as settled',
    edits: [
      {
        file: 'starting',
        from: 'early?.beside ?? new Set(last?.record.entries.map(({ id }) => toHex(id)))',
        to: 'new Set()',
      },
    ],
    bounds: { ...smallCheat, ...quiet, heights: 2, attempts: 1, rounds: 1, overlap: true },
  },
  {
    rule: 'what anybody lists as burned is not in the block',
    edits: [{ file: 'plan', from: 'if (out.has(id))', to: 'if (false)' }],
    bounds: { ...smallCheat, ...quiet },
  },
  {
    rule: 'a bank that lacks a certificate asks who has committed',
    edits: [{ file: 'committing', from: "outbox.arm('certificate', certificateWaitMs);", to: '{}' }],
    bounds: { ...threeCheat, attempts: 1, words: ['plain', 'signed'] },
  },
  {
    rule: 'what another bank tells is its word',
    edits: [
      {
        file: 'halting',
        from: 'this.#accuser = from;',
        to: '{}',
      },
    ],
    bounds: { ...threeCheat, attempts: 1, words: ['plain', 'signed', 'void', 'lie'], lies: 1 },
  },
  {
    rule: 'wallets act on final records alone',
    edits: [
      { file: 'follow', from: 'certified.slice(0, provable < 0 ? certified.length : provable)', to: 'certified' },
      {
        file: 'follow',
        from: 'else if (last)',
        to: 'else if (false)',
      },
    ],
    bounds: { ...smallCheat, ...quiet },
  },
  {
    rule: 'attempt k + 1 only with all n voids',
    edits: [{ file: 'votes', from: '.voids.size === this.#banks', to: '.voids.size >= this.#banks - 1' }],
    bounds: { ...smallCheat, ...quiet, timeouts: 1 },
    nothing:
      'a bank signs in an attempt only what all n have computed in it, and each has voided the one before by then',
  },
  {
    rule: 'what a record lists as burned is burned with its signature',
    edits: [{ file: 'signing', from: 'state.burnOps(record.burned)', to: '[]' }],
    bounds: { ...smallCheat, ...quiet },
    nothing:
      'who then signs a later record, which settles it, takes no certificate of the earlier one; it matters with adopt',
  },
];
