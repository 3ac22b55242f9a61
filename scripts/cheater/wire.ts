/**
 * Everything one bank says to another, by kind and field: the catalogue from which deviations are made.
 *
 * Kinds are those of the real decoders; a new one does not compile here without its fields, and a new field leaves bytes that
 * no span covers. Offsets are those of the frame as the transport carries it.
 */
import { IdTree } from '../../src/agreement/id-tree.js';
import { type Message as AgreementMessage, decodeMessage } from '../../src/agreement/messages.js';
import {
  type AgreementFrame,
  decodeAgreementFrame,
  decodeEnvelopeFrame,
  type EnvelopeFrame,
  type Use,
} from '../../src/bank/transport.js';
import { Reader } from '../../src/codec/index.js';
import { assert } from '../../src/errors.js';
import { memoBytes } from '../../src/limits.js';
import { type Group, type Span, Walker } from './walker.js';
import { walkPreprocessing, walkRounds } from './wire-rounds.js';

export interface Message {
  /** `hello`, `message/signed`, `computation/coin`, `preprocessing/voleRows`, ... */
  readonly kind: string;
  readonly use: Use;
  readonly bytes: Uint8Array;
  readonly spans: readonly Span[];
  readonly groups: readonly Group[];
}

/** Throws when the frame is none, or when a byte of it belongs to no field. */
export function takeApart(use: Use, bytes: Uint8Array, banks: number, pageSize: number): Message {
  const w = new Walker(bytes);
  const kind = kindOf(use, bytes, banks, pageSize, w);
  w.end();
  return { kind, use, bytes, spans: w.spans, groups: w.groups };
}

function kindOf(use: Use, bytes: Uint8Array, banks: number, pageSize: number, w: Walker): string {
  switch (use) {
    case 'agreement': {
      const frame = decodeAgreementFrame(bytes);
      w.u8('frame kind', 'shape');
      return frames[frame.kind](w, frame as never, banks, pageSize);
    }
    case 'envelopes': {
      const frame = decodeEnvelopeFrame(bytes, banks);
      w.u8('frame kind', 'shape');
      envelopeFrames[frame.kind](w, banks);
      return frame.kind;
    }
    case 'preprocessing':
      return walkPreprocessing(w.span('session', 8));
  }
}

type FrameWalker<K extends AgreementFrame['kind']> = (
  w: Walker,
  frame: Extract<AgreementFrame, { kind: K }>,
  banks: number,
  pageSize: number,
) => string;

const frames: { readonly [K in AgreementFrame['kind']]: FrameWalker<K> } = {
  hello: w => {
    w.span('nonce', 32).u64('height');
    return 'hello';
  },
  confirm: w => {
    w.span('session id', 32);
    return 'confirm';
  },
  ahead: w => {
    w.span('certified record', w.left);
    return 'ahead';
  },
  message: (w, { bytes }, banks) => {
    const { kind } = decodeMessage(bytes, banks);
    w.span('session', 8).u8('message kind', 'shape');
    messages[kind](w);
    return `message/${kind}`;
  },
  computation: (w, _frame, _banks, pageSize) => {
    w.span('session', 8).u64('height').u32('attempt').u32('base');
    return `computation/${walkRounds(w, step => computationSteps(pageSize)[step])}`;
  },
};

/** Messages of a block with one wave of transfers and an audit, by number (`ledger/settle.ts`). */
export const computationSteps = (pageSize: number): readonly string[] => [
  'commit',
  'coin',
  'prove',
  ...(pageSize > 1 ? ['wave 0 balances'] : []),
  'wave 0 c',
  ...[0, 1, 2, 3].map(depth => `wave 0 tree ${depth}`),
  'wave 0 root',
  'wave 0 w',
  'audit',
];

/** A sponsor's numbers under one signature (`agreement/announcement.ts`). Answers with how many of them are told. */
function group(w: Walker, of: string): number {
  w.u8(`${of}sponsor`, 'bank');
  w.u64(`${of}first number`).span(`${of}group signature`, 64);
  const { size, ids, hashes } = IdTree.read(new Reader(w.bytes.subarray(w.bytes.length - w.left), 'tree'));
  w.u8(`${of}group size`, 'shape');
  w.span(`${of}members`, Math.ceil(size / 8), 'shape').span(`${of}announced id`, 32);
  w.span(`${of}other announced ids`, 32 * (ids.length - 1)).span(`${of}hashes`, hashes.length);
  return ids.length;
}

const place = (w: Walker) => w.u64('height').u32('attempt');

const messages: { readonly [K in AgreementMessage['kind']]: (w: Walker) => void } = {
  status: w => {
    w.u64('height').span('hash', 32).u32('attempt');
  },
  proposal: w => {
    place(w.span('proposal session', 8)).u32('base').u32('round');
    w.items('ready groups', isFirst => group(w, isFirst ? '' : 'other '));
    w.list('burned', 32, () => w.span('burned', 32));
    w.u64('vole position').u64('triples position').u64('selections position');
  },
  signed: w => {
    place(w).u8('bank', 'bank');
    w.span('record hash', 32).span('commitment', 32).span('signature', 64);
  },
  void: w => {
    place(w).u8('bank', 'bank');
    w.span('signature', 64);
    if (w.u8('has root', 'shape') === 0) return;
    w.u8('root bank', 'bank');
    w.span('root signature', 64);
  },
  committed: w => {
    w.u64('height').span('hash', 32).span('signature', 64);
  },
  entry: w => {
    w.u8('bank', 'bank');
    w.u8('entry version', 'shape');
    place(w).u64('keep from').span('encapsulated key', 32).span('sealed', w.left);
  },
  certificate: w => {
    w.var('record', 1, () => record(w));
    w.list('signatures', 96, () => w.span('commitment', 32).span('signature', 64));
  },
  accusation: w => {
    w.var('evidence', 1, length => {
      if (w.u8('evidence kind', 'shape') !== 0) return w.span('proof', length - 1);
      w.u8('culprit', 'bank');
      return w.var('why', 1, bytes => w.span('why', bytes));
    });
  },
};

/** Bytes that follow an entry's id and the kind of its status, by kind (`ledger/record.ts`). */
const statusBytes = [1, 1, 8, 4, 8, 4];

function record(w: Walker): void {
  w.u8('record version', 'shape');
  place(w.span('network id', 32).u32('roster version')).span('previous', 32);
  w.items('entries', isFirst => {
    const of = isFirst ? 'entry' : 'other entry';
    w.span(`${of} id`, 32);
    w.span(`${of} status`, statusBytes[w.u8(`${of} status kind`, 'shape')]);
  });
  w.list('burned', 32, () => w.span('burned', 32))
    .span('digest', 32)
    .span('receipts hash', 32)
    .u64('supply');
  w.list('recovery hashes', 32, () => w.span('recovery hash', 32));
}

const envelopeFrames: { readonly [K in EnvelopeFrame['kind']]: (w: Walker, banks: number) => void } = {
  forward: (w, banks) => {
    w.items('groups', isFirstGroup => {
      const count = group(w, isFirstGroup ? '' : 'other ');
      for (let k = 0; k < count; k++) {
        const of = isFirstGroup && k === 0 ? '' : 'other ';
        w.var(`${of}header`, 1, () => header(w, of, banks));
        w.var(`${of}signature`, 64, length => w.span(`${of}signature`, length));
        w.var(`${of}packet`, 1, length => w.span(`${of}packet key`, 32).span(`${of}packet sealed`, length - 32));
      }
    });
  },
  want: w => {
    w.list('ids', 32, () => w.span('id', 32));
  },
};

/** Of the arguments behind their kind: transfer, open and rekey without public keys, reveal, audit (`envelope/header.ts`). */
function header(w: Walker, of: string, banks: number): void {
  w.span(`${of}network id`, 32).u32(`${of}roster version`);
  const kind = w.u8(`${of}operation`, 'shape');
  if (kind === 0) w.u32(`${of}payer page`).u32(`${of}payee page`).span(`${of}memo`, memoBytes);
  else if (kind === 1) assert(w.u32(`${of}account`).u8(`${of}has keys`, 'shape') === 0, 'stories open no accounts');
  else if (kind === 2) w.u32(`${of}page`);
  else if (kind === 3) w.u8(`${of}bank`, 'bank');
  else assert(w.u32(`${of}page`).u8(`${of}has keys`, 'shape') === 0, 'stories publish no keys');
  w.u64(`${of}expiry`).span(`${of}nonce`, 16).u8(`${of}explicit bank`, 'bank');
  w.list(`${of}key hashes`, 32, () => w.span(`${of}key hash`, 32));
  w.elements(`${of}client tag`, 1);
  assert(banks > 1, 'a network');
}
