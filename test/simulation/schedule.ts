/**
 * Simulated time: one queue of all that will happen, in the order of its moment, then of its entry.
 *
 * Whatever one event sets going in promises runs to its end before the next event: a process that is idle again. Promises
 * of n banks interleave in the order of the microtask queue, which is the same in every run.
 */
interface Event {
  readonly atMs: number;
  readonly order: number;
  call: (() => void) | undefined;
}

export class Schedule {
  #nowMs = 0;
  #entered = 0;
  /** A binary heap. */
  readonly #heap: Event[] = [];
  /** Events so far. */
  events = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Calls at that moment, or next if it has passed. The returned function takes it back. */
  at(atMs: number, call: () => void): () => void {
    const event: Event = { atMs: Math.max(atMs, this.#nowMs), order: this.#entered++, call };
    this.#push(event);
    return () => {
      event.call = undefined;
    };
  }

  after(ms: number, call: () => void): () => void {
    return this.at(this.#nowMs + ms, call);
  }

  /** Until `done`, or nothing is left, or the moment has come. */
  async run(untilMs: number, done: () => boolean): Promise<void> {
    while (!done()) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, Math.min(untilMs, next?.atMs ?? untilMs));
        return;
      }
      this.#pop();
      if (!next.call) continue;
      this.#nowMs = next.atMs;
      this.events++;
      next.call();
      await settled();
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(heap[at], heap[parent])) return;
      [heap[at], heap[parent]] = [heap[parent], heap[at]];
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ; ) {
      const children = [2 * at + 1, 2 * at + 2].filter(child => child < heap.length);
      const least = children.reduce((a, b) => (isBefore(heap[b], heap[a]) ? b : a), at);
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least], heap[at]];
      at = least;
    }
  }
}

const isBefore = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** All microtasks have run. */
export function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
