/** What somebody was asked on behalf of a page: a worker, a server. Only the answer to what is asked now is ever shown. */
import { useEffect, useState } from 'preact/hooks';

interface Answer<T> {
  /** Nothing until it has come. */
  readonly value: T | undefined;
  /** Why the last asking failed. */
  readonly error: unknown;
}

const none = { value: undefined, error: undefined } as const;

/**
 * Asks for the first time, and whenever `about` or `news` changes. `about` is what the question depends on: when it changes the
 * old answer is none any more, from this drawing on. `news` makes an answer worth asking for again: the old one stands until
 * then, also beside an error. Late answers do not count; `signal` is aborted when one would be late.
 */
export function useAnswer<T>(
  ask: (signal: AbortSignal) => Promise<T> | undefined,
  about: readonly unknown[],
  news: readonly unknown[] = [],
): Answer<T> {
  const [known, setKnown] = useState<Answer<T> & { readonly about: readonly unknown[] }>({ ...none, about: [] });
  useEffect(() => {
    const over = new AbortController();
    const { signal } = over;
    ask(signal)?.then(
      value => !signal.aborted && setKnown({ value, error: undefined, about }),
      error => {
        if (signal.aborted) return;
        setKnown(old => ({ value: isSame(old.about, about) ? old.value : undefined, error, about }));
      },
    );
    return () => over.abort();
  }, [...about, ...news]);
  return isSame(known.about, about) ? known : none;
}

const isSame = (a: readonly unknown[], b: readonly unknown[]) =>
  a.length === b.length && a.every((one, i) => Object.is(one, b[i]));
