/**
 * Every deviation of one message, made from its spans and groups (`wire.ts`).
 *
 *     of a field       one bit flipped; another value, as well formed; another value under a new signature of the cheater's;
 *                      the value of an earlier block; left out, longer, shorter; not canonical; two items in another order
 *     of a message     left out, late, too late, twice, after the next one, that of an earlier block, cut, padded, empty
 *
 * `to`: all other banks alike, or one of them alone (different things to different banks).
 */
import { concatBytes, equalBytes, hash } from '../../src/crypto/index.js';
import { decodeVec, encodeVec, fp } from '../../src/field/index.js';
import type { Group, Span } from './walker.js';
import type { Message } from './wire.js';

/** What is done with a message as a whole: `play.ts` knows how. */
export const handlings = [
  'left out',
  'late',
  'too late',
  'twice',
  'after the next one',
  'of an earlier block',
] as const;
export type Handling = (typeof handlings)[number];

/** New bytes of a frame, or several in its place; nothing where the change does not apply. */
export type Edit = (
  bytes: Uint8Array,
  message: Message,
  context: EditContext,
) => Uint8Array | readonly Uint8Array[] | undefined;

export interface EditContext {
  readonly banks: number;
  /** The same kind of message to the same bank, in an earlier block. */
  readonly earlier: Message | undefined;
  /** Signs anew what the cheater has signed; nothing where that kind of message carries no signature of its own. */
  readonly signAnew: ((frame: Uint8Array) => Uint8Array | undefined) | undefined;
}

export interface Deviation {
  /** The first message of this kind is changed. */
  readonly kind: string;
  /** Empty: the message as a whole. */
  readonly field: string;
  readonly change: string;
  readonly to: 'all' | 'one';
  readonly does: Handling | Edit;
}

export const nameOf = ({ kind, field, change, to }: Deviation): string =>
  [kind, ...(field ? [field] : []), change, ...(to === 'one' ? ['to one'] : [])].join(', ');

interface Change {
  readonly change: string;
  readonly edit: (span: Span) => Edit;
  readonly applies: (span: Span) => boolean;
}

const put = (bytes: Uint8Array, at: number, value: Uint8Array): Uint8Array => {
  const copy = bytes.slice();
  copy.set(value, at);
  return copy;
};

const cut = (bytes: Uint8Array, at: number, length: number, value: Uint8Array): Uint8Array =>
  concatBytes(bytes.subarray(0, at), value, bytes.subarray(at + length));

const bytesAt = (bytes: Uint8Array, { at, length }: Span): Uint8Array => bytes.subarray(at, at + length);

/** Adds to a little-endian number, within its bytes. */
function plus(value: Uint8Array, by: number): Uint8Array {
  const sum = value.slice();
  for (let i = 0, carry = by; i < sum.length && carry > 0; i++) {
    carry += sum[i];
    sum[i] = carry & 255;
    carry >>= 8;
  }
  return sum;
}

function bumped(value: Uint8Array, at: number): Uint8Array {
  const elements = decodeVec(value);
  const k = (at + elements.length) % elements.length;
  elements[k] = fp.add(elements[k], 1n);
  return encodeVec(elements);
}

/** As well formed as the one it replaces. */
const another = (span: Span, bytes: Uint8Array, banks: number): Uint8Array => {
  const value = bytesAt(bytes, span);
  switch (span.type) {
    case 'elements':
      return put(bytes, span.at, bumped(value, 0));
    case 'number':
      return put(bytes, span.at, plus(value, 1));
    case 'bank':
      return put(bytes, span.at, Uint8Array.of((value[0] + 1) % banks));
    case 'shape':
      return put(bytes, span.at, plus(value, 1));
    case 'bytes': {
      const fresh = hash('cheater/another', value);
      return put(
        bytes,
        span.at,
        value.map((_byte, i) => fresh[i % 32]),
      );
    }
  }
};

const changes: readonly Change[] = [
  {
    change: 'a bit flipped',
    applies: () => true,
    edit: span => bytes =>
      put(
        bytes,
        span.at,
        bytesAt(bytes, span).map((b, i) => (i === 0 ? b ^ 1 : b)),
      ),
  },
  {
    change: 'another value',
    applies: ({ type }) => type !== 'shape',
    edit:
      span =>
      (bytes, _, { banks }) =>
        another(span, bytes, banks),
  },
  {
    change: 'another value, signed',
    applies: () => true,
    edit:
      span =>
      (bytes, _, { banks, signAnew }) =>
        signAnew?.(another(span, bytes, banks)),
  },
  {
    change: 'another last element',
    applies: ({ type, length }) => type === 'elements' && length > 8,
    edit: span => bytes => put(bytes, span.at, bumped(bytesAt(bytes, span), -1)),
  },
  {
    change: 'two in another order',
    applies: ({ type, length }) => type === 'elements' && length > 8,
    edit: span => bytes => {
      const [a, b] = [bytes.slice(span.at, span.at + 8), bytes.slice(span.at + 8, span.at + 16)];
      return put(bytes, span.at, concatBytes(b, a));
    },
  },
  {
    change: 'not below p',
    applies: ({ type }) => type === 'elements',
    edit: span => bytes => put(bytes, span.at, new Uint8Array(8).fill(255)),
  },
  {
    change: 'of an earlier block',
    applies: () => true,
    edit:
      span =>
      (bytes, _, { earlier }) => {
        const before = earlier?.spans.find(({ name, length }) => name === span.name && length === span.length);
        if (!earlier || !before || equalBytes(bytesAt(earlier.bytes, before), bytesAt(bytes, span))) return undefined;
        return put(bytes, span.at, bytesAt(earlier.bytes, before));
      },
  },
  {
    change: 'left out',
    applies: () => true,
    edit: span => bytes => cut(bytes, span.at, span.length, new Uint8Array(0)),
  },
];

/** With its length or count in front. */
function resized(bytes: Uint8Array, { at, length, unit, counts }: Group, value: Uint8Array): Uint8Array {
  const whole = cut(bytes, at, length, value);
  const count = counts === 'bytes' ? value.length : value.length / unit;
  new DataView(whole.buffer).setUint32(at - 4, count, true);
  return whole;
}

const groupChanges: readonly (readonly [string, (contents: Uint8Array, unit: number) => Uint8Array | undefined])[] = [
  ['all left out', contents => (contents.length > 0 ? new Uint8Array(0) : undefined)],
  ['shorter', (contents, unit) => (contents.length >= unit ? contents.subarray(0, contents.length - unit) : undefined)],
  ['longer', (contents, unit) => concatBytes(contents, new Uint8Array(unit))],
  [
    'last twice',
    (contents, unit) => (contents.length >= unit ? concatBytes(contents, contents.subarray(-unit)) : undefined),
  ],
  [
    'two in another order',
    (contents, unit) => {
      if (contents.length < 2 * unit || unit === 1) return undefined;
      return concatBytes(contents.subarray(unit, 2 * unit), contents.subarray(0, unit), contents.subarray(2 * unit));
    },
  ],
];

const wholeChanges: readonly (readonly [string, Edit])[] = [
  ['a byte too few', bytes => bytes.subarray(0, -1)],
  ['a byte too many', bytes => concatBytes(bytes, Uint8Array.of(0))],
  ['empty', () => new Uint8Array(0)],
];

function firstOfName<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return all.filter(({ name }, i) => all.findIndex(other => other.name === name) === i);
}

/** All of them, for a message as it was heard in an honest run of `banks`. */
export function deviationsOf(message: Message, banks: number): Deviation[] {
  const { kind, spans, groups } = message;
  const fields = firstOfName(spans).flatMap(span =>
    changes
      .filter(({ applies }) => applies(span))
      .flatMap(({ change, edit }) => {
        // where the field lies in the frame at hand
        const does: Edit = (bytes, at, context) => {
          const here = at.spans.find(({ name }) => name === span.name);
          return here && edit(here)(bytes, at, context);
        };
        const one = { kind, field: span.name, change, to: 'all', does } as const;
        // different things to different banks: a value as well formed as the one the others get
        return change === 'another value' && banks > 2 ? [one, { ...one, to: 'one' } as const] : [one];
      }),
  );
  const sizes = firstOfName(groups).flatMap(group =>
    groupChanges.map(([change, edit]) => {
      const does: Edit = (bytes, at) => {
        const here = at.groups.find(({ name }) => name === group.name);
        const value = here && edit(bytes.subarray(here.at, here.at + here.length), here.unit);
        return here && value && resized(bytes, here, value);
      };
      return { kind, field: group.name, change, to: 'all', does } as const;
    }),
  );
  const edits = wholeChanges.map(([change, does]) => ({ kind, field: '', change, to: 'all', does }) as const);
  const whole = handlings.map(does => ({ kind, field: '', change: does, to: 'one', does }) as const);
  return [...fields, ...sizes, ...edits, ...whole];
}
