/** A call of a page: whether it is under way, and the sentence to show when it has failed. */
import { useState } from 'preact/hooks';
import { sentenceOf } from '../words.js';

export interface Action {
  readonly isBusy: boolean;
  readonly error: string | undefined;
  /** Runs it, unless it runs already. Resolves to whether it went well. */
  run(call: () => Promise<unknown>): Promise<boolean>;
  clear(): void;
}

export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>(undefined);
  const run = async (call: () => Promise<unknown>) => {
    if (isBusy) return false;
    setBusy(true);
    setError(undefined);
    try {
      await call();
      return true;
    } catch (failed) {
      setError(sentenceOf(failed));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, error, run, clear: () => setError(undefined) };
}

/** For forms: nothing is sent anywhere, the page answers. */
export const onSubmit = (call: () => void) => (event: SubmitEvent) => {
  event.preventDefault();
  call();
};

export const textOf = (event: Event): string => (event.currentTarget as HTMLInputElement).value;
