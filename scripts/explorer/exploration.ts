/**
 * Every reachable state within bounds, breadth first, each once; and the way back to any of them.
 *
 * Safety is looked at in every state (`properties.ts`). Then, backwards over steps that are no faults: from which states can
 * no end be reached any more? Those are stuck. A state at which a bound cut something off counts as leading on.
 *
 *     honest banks alone        to a decision, or to a bank that refuses the old copy of its disk
 *     beside a cheat that stops to all honest banks at one height, or halted: without a word of the cheat
 *     beside a cheat            to a decision, or all halted: with fair words of the cheat (`cheat.ts`)
 */
import { assert } from '../../src/errors.js';
import type { Bounds } from './bounds.js';
import { Violation } from './member.js';
import { Model, type Step, type StepKind } from './model.js';
import { Properties } from './properties.js';
import { firstThatCannotReach } from './reach.js';
import { rowOf, rowWidth, type State, stateOf } from './states.js';
import { Ints, Rows } from './table.js';

export interface Finding {
  readonly what: string;
  readonly trace: readonly string[];
}

export interface Result {
  readonly states: number;
  readonly transitions: number;
  readonly memories: number;
  readonly depth: number;
  readonly decided: number;
  readonly halted: number;
  readonly refused: number;
  readonly cut: number;
  /** False if `statesMax` ended it, or a finding. */
  readonly isComplete: boolean;
  readonly finding: Finding | undefined;
}

const kinds = ['quiet', 'fair', 'foul', 'fault'] as const satisfies StepKind[];

const apart = 'honest banks stay apart, and not all halt';

class Search {
  readonly #model: Model;
  readonly #properties: Properties;
  readonly #rows: Rows;
  readonly #parents = new Ints();
  readonly #labels = new Ints();
  readonly #depths = new Ints();
  readonly #names: string[] = [];
  readonly #nameNumbers = new Map<string, number>();
  readonly #edges = { from: new Ints(), to: new Ints(), kind: new Ints() };
  readonly #cut: number[] = [];
  readonly #decided: number[] = [];
  readonly #halted: number[] = [];
  readonly #refused: number[] = [];
  readonly #together: number[] = [];

  constructor(bounds: Bounds) {
    this.#model = new Model(bounds);
    this.#properties = new Properties(this.#model);
    this.#rows = new Rows(rowWidth(this.#model.honest.length));
  }

  run(progress: ((states: number) => void) | undefined): Result {
    this.#add(this.#model.start(), -1, 'start');
    for (let at = 0; at < this.#rows.count; at++) {
      if (this.#rows.count > this.#model.bounds.statesMax) return this.#result(undefined, false);
      if (at % 10_000 === 9_999) progress?.(this.#rows.count);
      const what = this.#visit(at);
      if (what !== undefined) return this.#result({ what, trace: this.#trace(at) }, false);
    }
    return this.#result(this.#stuck(), true);
  }

  #add(state: State, parent: number, label: string): number {
    const before = this.#rows.count;
    const number = this.#rows.add(rowOf(state));
    if (number < before) return number;
    let name = this.#nameNumbers.get(label);
    if (name === undefined) {
      name = this.#names.push(label) - 1;
      this.#nameNumbers.set(label, name);
    }
    this.#parents.push(parent);
    this.#labels.push(name);
    this.#depths.push(parent < 0 ? 0 : this.#depths.at(parent) + 1);
    return number;
  }

  /** Answers with what is wrong. */
  #visit(at: number): string | undefined {
    const state = stateOf(this.#rows.get(at), this.#model.honest.length);
    const wrong = this.#properties.wrong(state);
    if (wrong) return wrong;
    if (this.#properties.isCut(state)) {
      this.#cut.push(at);
      return undefined;
    }
    if (this.#properties.isDecided(state)) this.#decided.push(at);
    if (this.#properties.isHalted(state)) this.#halted.push(at);
    if (this.#properties.isRefused(state)) this.#refused.push(at);
    const isTogether = this.#properties.isTogether(state);
    if (isTogether) this.#together.push(at);
    let steps: Step[];
    try {
      steps = this.#model.steps(state);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return error.message;
    }
    // found at once, where the search backwards would find it in the end
    if (this.#model.bounds.cheat !== undefined && !isTogether && steps.every(({ kind }) => kind !== 'quiet'))
      return apart;
    for (const { label, kind, next } of steps) {
      const to = this.#add(next, at, label);
      this.#edges.from.push(at);
      this.#edges.to.push(to);
      this.#edges.kind.push(kinds.indexOf(kind));
    }
    return undefined;
  }

  #stuck(): Finding | undefined {
    const ends = [...this.#cut, ...this.#decided, ...this.#refused];
    if (this.#model.bounds.cheat === undefined) {
      return this.#firstStuck('nothing decides any more', ends, ['quiet']);
    }
    return (
      this.#firstStuck(apart, [...this.#cut, ...this.#together], ['quiet']) ??
      this.#firstStuck('nothing decides any more', [...ends, ...this.#halted], ['quiet', 'fair'])
    );
  }

  #firstStuck(what: string, ends: readonly number[], over: readonly StepKind[]): Finding | undefined {
    const { from, to, kind } = this.#edges;
    const taken = over.map(each => kinds.indexOf(each));
    const stuck = firstThatCannotReach(ends, [from.view(), to.view()], this.#rows.count, edge =>
      taken.includes(kind.at(edge)),
    );
    return stuck === undefined ? undefined : { what, trace: this.#trace(stuck) };
  }

  #trace(to: number): string[] {
    const labels: string[] = [];
    for (let at = to; at > 0; at = this.#parents.at(at)) labels.push(this.#names[this.#labels.at(at)]);
    return labels.reverse();
  }

  #result(finding: Finding | undefined, isComplete: boolean): Result {
    return {
      states: this.#rows.count,
      transitions: this.#edges.from.length,
      memories: this.#model.memories,
      depth: this.#depths.at(this.#depths.length - 1),
      decided: this.#decided.length,
      halted: this.#halted.length,
      refused: this.#refused.length,
      cut: this.#cut.length,
      isComplete,
      finding,
    };
  }
}

/** `progress` hears how many states there are, now and then. */
export function explore(bounds: Bounds, progress?: (states: number) => void): Result {
  return new Search(bounds).run(progress);
}

/** A way through the states, told step by step. */
export interface Told {
  readonly label: string;
  /** Of each honest bank that the step changed. */
  readonly banks: readonly string[];
}

export interface Replay {
  readonly steps: readonly Told[];
  /** What is wrong at its end: found in the state or in a step from it. Stuck states show nothing. */
  readonly wrong: string | undefined;
}

/** Goes a trace's way again. Throws ASSERTION if a step is not there: the code or the bounds are others. */
export function replay(bounds: Bounds, trace: readonly string[]): Replay {
  const model = new Model(bounds);
  const properties = new Properties(model);
  let state = model.start();
  const steps: Told[] = [];
  for (const label of trace) {
    const step = model.steps(state).find(each => each.label === label);
    assert(step !== undefined, `a step that is not there: ${label}`);
    const before = state.members;
    state = step.next;
    const changed = model.membersOf(state).filter((_, place) => state.members[place] !== before[place]);
    steps.push({ label, banks: changed.map(member => member.tell()) });
  }
  return { steps, wrong: properties.wrong(state) ?? wrongStep(model, state) };
}

function wrongStep(model: Model, state: State): string | undefined {
  try {
    model.steps(state);
    return undefined;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return error.message;
  }
}
