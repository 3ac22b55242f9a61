/** A state of all honest banks together (`model.ts`), and the same as a row of small numbers, which is how a search keeps it. */

export interface State {
  /** Of the honest banks, in order. */
  readonly members: readonly number[];
  /** From honest bank a to honest bank b at a * honest + b: the number of what is on it. */
  readonly links: readonly number[];
  readonly sessions: number;
  readonly faults: Faults;
  /** By honest bank: how many envelopes have arrived. */
  readonly arrived: readonly number[];
}

/** How many are left. */
export interface Faults {
  readonly crashes: number;
  readonly breaks: number;
  readonly timeouts: number;
  readonly lies: number;
  readonly splits: number;
  readonly restores: number;
}

/** Numbers in a row, of so many honest banks. */
export function rowWidth(count: number): number {
  return count + count * count + 3;
}

export function rowOf({ members, links, sessions, faults, arrived }: State): number[] {
  const { crashes, breaks, timeouts, lies, splits, restores } = faults;
  const left = [crashes, breaks, timeouts, lies, splits, restores].reduce((all, n) => all * 16 + n, 0);
  return [...members, ...links, sessions, left, arrived.reduce((all, n) => all * 4 + n, 0)];
}

/** Of so many honest banks. */
export function stateOf(row: readonly number[], count: number): State {
  const digits = (value: number, base: number, n: number) =>
    Array.from({ length: n }, (_, i) => Math.floor(value / base ** (n - 1 - i)) % base);
  const [sessions, left, all] = row.slice(count + count * count);
  const [crashes, breaks, timeouts, lies, splits, restores] = digits(left, 16, 6);
  return {
    members: row.slice(0, count),
    links: row.slice(count, count + count * count),
    sessions,
    faults: { crashes, breaks, timeouts, lies, splits, restores },
    arrived: digits(all, 4, count),
  };
}

/** One fault less. */
export function spend(state: State, of: keyof Faults): State {
  return { ...state, faults: { ...state.faults, [of]: state.faults[of] - 1 } };
}
