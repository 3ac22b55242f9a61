/** A call of a page: whether it is under way, and the sentence to show when it has failed. */
import { useState } from 'preact/hooks';

interface Action {
  readonly isBusy: boolean;
  readonly error: string | undefined;
  /** Runs it, unless it runs already. Never rejects. */
  run(call: () => Promise<unknown>): Promise<void>;
}

/** `said`: a failure in a sentence. */
export function useAction(said: (error: unknown) => string): Action {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>(undefined);
  const run = async (call: () => Promise<unknown>) => {
    if (isBusy) return;
    setBusy(true);
    setError(undefined);
    try {
      await call();
    } catch (failed) {
      setError(said(failed));
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, error, run };
}

/** For forms: nothing is sent anywhere, the page answers. */
export const onSubmit = (call: () => void) => (event: SubmitEvent) => {
  event.preventDefault();
  call();
};

export const textOf = (event: Event): string => (event.currentTarget as HTMLInputElement).value;
