/**
 * What is fuzzed: one decoder of outside bytes, and what must hold for whatever bytes come to it.
 *
 *     canonical   what decodes encodes to the very bytes it came from
 *     stable      a value may be written in several ways (text, runs); what it encodes to encodes to itself
 *     value       nothing encodes it: it is taken, or refused with a typed error
 *
 * Refused is only what throws a `CovaultError` of one of the target's codes. The input stays as it was.
 */
import { equalBytes } from '../../src/crypto/index.js';
import { type ErrorCode, isCode } from '../../src/errors.js';

export interface FuzzTarget {
  readonly name: string;
  /** The decoders it reaches, as 'src/ledger/record.ts decodeRecord'. */
  readonly covers: readonly string[];
  readonly form: 'canonical' | 'stable' | 'value';
  /** Good inputs: where every search begins. */
  readonly samples: readonly Uint8Array[];
  readonly codes: readonly ErrorCode[];
  /** Decodes, and encodes what came out; of form 'value' the answer means nothing. */
  readonly again: (bytes: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

export type Verdict = { readonly kind: 'taken' | 'refused' } | { readonly kind: 'fault'; readonly why: string };

/** Runs a target on one input. Never throws: whatever else is thrown, even the end of the stack, is a fault. */
export async function judge({ form, codes, again }: FuzzTarget, bytes: Uint8Array): Promise<Verdict> {
  const before = bytes.slice();
  const fault = (why: string) => ({ kind: 'fault', why }) as const;
  let verdict: Verdict;
  try {
    const out = await again(bytes);
    const expected = form === 'canonical' ? before : form === 'stable' && out ? await again(out) : undefined;
    const fits = form === 'value' || (out !== undefined && expected !== undefined && equalBytes(out, expected));
    verdict = fits ? { kind: 'taken' } : fault(`it is not ${form}`);
  } catch (error) {
    verdict = isCode(error, ...codes)
      ? { kind: 'refused' }
      : fault(error instanceof Error ? `${error.stack}` : 'no error');
  }
  return equalBytes(bytes, before) ? verdict : fault('the input was written to');
}

export const bytesCodes = ['MALFORMED', 'OVERSIZED'] as const satisfies ErrorCode[];
