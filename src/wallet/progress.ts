/**
 * What a call of the wallet tells whoever watches, and what every call may be told.
 */
import type { EnvelopeNews } from './client.js';
import type { Why } from './state.js';

/** What happens meanwhile, for whoever watches. */
export type Progress =
  /** On the disk: from here on this reference pays once, whatever happens. */
  | { readonly kind: 'stored'; readonly reference: string }
  | { readonly kind: 'sent'; readonly bank: string }
  /** `waitingFor`: the banks that this bank waits for, by name. */
  | {
      readonly kind: 'waiting';
      readonly bank: string;
      readonly state: EnvelopeNews['state'];
      readonly waitingFor: readonly string[];
    }
  | { readonly kind: 'trouble'; readonly code: string; readonly message: string }
  /** The envelope is dead, and another one is on its way. */
  | { readonly kind: 'renewed'; readonly why: Why };

/** What every call that talks to banks may be told. */
export interface CallOptions {
  /** Asked first in this call. */
  readonly bank?: string | undefined;
  /** Called as things happen; never with a secret. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}
