/**
 * Every reachable state of honest banks, within bounds: breadth first, each state once.
 *
 *     state    the banks (by number: equal memories and disks are one number), what is on each link in order, faults left,
 *              envelopes that have not arrived
 *     action   one input at one bank; a message from the head of a link; a crash after any number of an input's outputs; a
 *              session that breaks; a step of a run that takes too long
 *
 * Safety is checked in every state. Then, backwards over all actions that are no faults: from which states can nothing
 * decided be reached any more? Those are stuck. A state at which a bound cut something off counts as leading on.
 *
 * Reductions, and why they lose nothing: the outputs of an input happen at once (what is sent may wait on its link as long as
 * it likes, and a crash may cut between any two); a lost session is noticed by all banks at once (what one of them does
 * between the loss and the notice reaches nobody).
 */
import { decodeMessage } from '../../src/agreement/messages.js';
import { hash, toHex } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import { type Banks, idOf, makeBanks } from '../../test/src/ledger/records.js';
import type { Bounds } from './bounds.js';
import { copy, name, share } from './copy.js';
import { type Event, Member, runName, type Sent, Violation } from './member.js';
import { firstThatCannotReach } from './reach.js';

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
  readonly cut: number;
  /** False if `statesMax` ended it. */
  readonly isComplete: boolean;
  readonly finding: Finding | undefined;
}

interface State {
  readonly members: readonly number[];
  /** From bank a to bank b at a * n + b: numbers of messages. */
  readonly links: readonly (readonly number[])[];
  readonly sessions: number;
  readonly faults: readonly [crashes: number, breaks: number, timeouts: number];
  /** By bank: how many envelopes have arrived. */
  readonly arrived: readonly number[];
}

interface Step {
  readonly label: string;
  readonly isFault: boolean;
  readonly next: State;
}

interface Local {
  readonly next: number;
  readonly sent: readonly Sent[];
  readonly outputs: number;
  readonly fault: string | undefined;
}

const sessionId = (number: number) => hash('explore/session', Uint8Array.of(number));
const groundOf = ({ height, attempt, base }: { height: number; attempt: number; base: number }) => ({
  height,
  attempt,
  base,
});

export class Exploration {
  readonly #bounds: Bounds;
  readonly #banks: Banks;
  readonly #members: Member[] = [];
  readonly #memberNumbers = new Map<string, number>();
  readonly #locals = new Map<string, Local>();
  readonly #messages: Uint8Array[] = [];
  readonly #messageNumbers = new Map<string, number>();

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    this.#banks = makeBanks(bounds.banks);
    share(this.#banks);
    share(this.#banks.network);
  }

  /** `progress` hears how many states there are, now and then. */
  run(progress?: (states: number) => void): Result {
    const states: State[] = [];
    const numbers = new Map<string, number>();
    const parents: number[] = [];
    const labels: string[] = [];
    const depths: number[] = [];
    const edges: [number[], number[]] = [[], []];
    const good: number[] = [];
    let [decided, cut] = [0, 0];
    const result = (finding: Finding | undefined, isComplete: boolean): Result => ({
      states: states.length,
      transitions: edges[0].length,
      memories: this.#members.length,
      depth: depths.at(-1) ?? 0,
      decided,
      cut,
      isComplete,
      finding,
    });
    const trace = (at: number): string[] => (at === 0 ? [] : [...trace(parents[at]), labels[at]]);
    const add = (state: State, parent: number, label: string): number => {
      const key = JSON.stringify(Object.values(state));
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, states.length);
      states.push(state);
      parents.push(parent);
      labels.push(label);
      depths.push(parent < 0 ? 0 : depths[parent] + 1);
      return states.length - 1;
    };
    add(this.#start(), -1, '');
    for (let at = 0; at < states.length; at++) {
      if (states.length > this.#bounds.statesMax) return result(undefined, false);
      if (at % 10_000 === 9_999) progress?.(states.length);
      const wrong = this.#wrong(states[at]);
      if (wrong) return result({ what: wrong, trace: trace(at) }, false);
      if (this.#isCut(states[at])) {
        cut++;
        good.push(at);
        continue;
      }
      if (this.#isDecided(states[at])) {
        decided++;
        good.push(at);
      }
      try {
        for (const { label, isFault, next } of this.#steps(states[at])) {
          const to = add(next, at, label);
          if (isFault) continue;
          edges[0].push(at);
          edges[1].push(to);
        }
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        return result({ what: error.message, trace: trace(at) }, false);
      }
    }
    const stuck = firstThatCannotReach(good, edges, states.length);
    return result(stuck === undefined ? undefined : { what: 'nothing decides any more', trace: trace(stuck) }, true);
  }

  #start(): State {
    const { banks, early, crashes, breaks, timeouts } = this.#bounds;
    const members = Array.from({ length: banks }, (_, index) => {
      const member = new Member(index);
      member.act(this.#banks, { type: 'start' });
      for (let envelope = 0; envelope < early; envelope++) member.act(this.#banks, { type: 'arrive', envelope });
      return this.#number(member);
    });
    const arrived = members.map(() => early);
    return {
      members,
      links: Array.from({ length: banks * banks }, () => []),
      sessions: 0,
      faults: [crashes, breaks, timeouts],
      arrived,
    };
  }

  #number(member: Member): number {
    const key = name(member);
    const known = this.#memberNumbers.get(key);
    if (known !== undefined) return known;
    this.#memberNumbers.set(key, this.#members.length);
    return this.#members.push(member) - 1;
  }

  /** What an event makes of a bank's memory: worked out once, whatever the other banks do. */
  #local(from: number, label: string, event: Event, cut?: number): Local {
    const key = `${from} ${label} ${cut}`;
    const known = this.#locals.get(key);
    if (known) return known;
    const member = copy(this.#members[from]);
    let local: Local;
    try {
      const { sent, outputs } = member.act(this.#banks, event, cut);
      local = { next: this.#number(member), sent, outputs, fault: undefined };
    } catch (error) {
      if (!(error instanceof Violation || error instanceof CovaultError)) throw error;
      local = { next: from, sent: [], outputs: 0, fault: `${label}: ${error.message}` };
    }
    this.#locals.set(key, local);
    return local;
  }

  #steps(state: State): Step[] {
    const steps: Step[] = [];
    const members = state.members.map(number => this.#members[number]);
    const [crashes, breaks, timeouts] = state.faults;
    const count = members.length;
    const at = (bank: number, label: string, event: Event, base: State = state, isFault = false) => {
      const local = this.#local(state.members[bank], label, event);
      if (local.fault) throw new Violation(`bank ${bank}, ${local.fault}`);
      steps.push({ label: `bank ${bank}: ${label}`, isFault, next: this.#after(base, bank, local) });
      for (let cut = 0; crashes > 0 && cut < local.outputs; cut++) {
        const partly = this.#local(state.members[bank], label, event, cut);
        if (partly.fault) throw new Violation(`bank ${bank}, ${partly.fault}`);
        const faults = [crashes - 1, base.faults[1], base.faults[2]] as const;
        const next = this.#lost({ ...this.#after(base, bank, partly), faults }, bank);
        steps.push({ label: `bank ${bank}: ${label}, crash before output ${cut}`, isFault: true, next });
      }
    };
    for (const [bank, member] of members.entries()) {
      if (!member.isUp) {
        at(bank, 'start', { type: 'start' });
        continue;
      }
      if (state.arrived[bank] < this.#bounds.envelopes) {
        const envelope = state.arrived[bank];
        const arrived = state.arrived.with(bank, envelope + 1);
        at(bank, `envelope ${envelope} arrives`, { type: 'arrive', envelope }, { ...state, arrived });
      }
      for (const timer of member.timers) at(bank, `timer ${timer}`, { type: 'timer', name: timer });
      if (member.found.length > 0) at(bank, 'found', { type: 'found' });
      for (const run of member.runs) {
        const ground = groundOf(run);
        const label = `${run.height}/${run.attempt}`;
        const digests = members.map(other => other.spoken.get(runName(run, run.block.session)));
        const isLate = timeouts > 0;
        const spoken = digests.every(digest => digest !== undefined);
        if (spoken && digests.some(digest => digest !== digests[bank]))
          at(bank, `run ${label} fails`, { type: 'fail', ground });
        else if (spoken && this.#bounds.overlap && !run.proved)
          at(bank, `run ${label} is proved`, { type: 'prove', ground });
        else if (spoken && member.applied.length === run.height - 1)
          at(bank, `run ${label} ends`, { type: 'compute', ground });
        if (isLate) {
          const faults = [crashes, breaks, timeouts - 1] as const;
          at(bank, `run ${label} takes too long`, { type: 'fail', ground }, { ...state, faults }, true);
        }
      }
      if (crashes > 0) {
        const down = copy(member);
        down.crash();
        const next = {
          ...state,
          members: state.members.with(bank, this.#number(down)),
          faults: [crashes - 1, breaks, timeouts] as const,
        };
        steps.push({ label: `bank ${bank}: crash`, isFault: true, next: this.#lost(next, bank) });
      }
    }
    state.links.forEach((link, index) => {
      if (link.length === 0) return;
      const [from, to] = [Math.floor(index / count), index % count];
      const base = { ...state, links: state.links.with(index, link.slice(1)) };
      const label = `hears ${this.#told(link[0])} from bank ${from}`;
      at(to, label, { type: 'message', from, bytes: this.#messages[link[0]] }, base);
    });
    if (members.every(member => member.isUp && !member.session)) steps.push(this.#session(state));
    if (breaks > 0 && members.every(member => member.session)) {
      const next = this.#lost({ ...state, faults: [crashes, breaks - 1, timeouts] }, undefined);
      steps.push({ label: 'the session breaks', isFault: true, next });
    }
    return steps;
  }

  #session(state: State): Step {
    const sessions = state.sessions + 1;
    let next: State = { ...state, sessions };
    state.members.forEach((member, bank) => {
      const local = this.#local(member, `session ${sessions}`, { type: 'session', id: sessionId(sessions) });
      if (local.fault) throw new Violation(local.fault);
      next = this.#after(next, bank, local);
    });
    return { label: `session ${sessions}`, isFault: false, next };
  }

  #after(state: State, bank: number, { next, sent }: Local): State {
    const links = [...state.links];
    const count = state.members.length;
    for (const { to, bytes } of sent) links[bank * count + to] = [...links[bank * count + to], this.#message(bytes)];
    return { ...state, links, members: state.members.with(bank, next) };
  }

  #message(bytes: Uint8Array): number {
    const hex = toHex(bytes);
    const known = this.#messageNumbers.get(hex);
    if (known !== undefined) return known;
    this.#messageNumbers.set(hex, this.#messages.length);
    return this.#messages.push(bytes) - 1;
  }

  /** For traces, and one name for one message: its kind, its place, its number. */
  #told(number: number): string {
    const message = decodeMessage(this.#messages[number], this.#bounds.banks);
    const place = message.kind === 'signed' ? message.signed : message.kind === 'void' ? message.void : undefined;
    return `${message.kind}${place ? ` ${place.height}/${place.attempt}` : ''} (message ${number})`;
  }

  /** The session is over for all; `crashed` knows already. */
  #lost(state: State, crashed: number | undefined): State {
    const members = state.members.map((number, bank) => {
      if (bank === crashed || !this.#members[number].session) return number;
      const local = this.#local(number, 'session lost', { type: 'session-lost' });
      if (local.fault) throw new Violation(local.fault);
      return local.next;
    });
    return { ...state, members, links: state.links.map(() => []) };
  }

  // what is looked at

  #wrong(state: State): string | undefined {
    const members = state.members.map(number => this.#members[number]);
    const settled = new Set(members.flatMap(m => m.applied.flatMap(record => record.settled)));
    for (const { index, applied, halted } of members) {
      if (halted !== undefined) return `bank ${index} halted, and every bank is honest`;
      if (applied.some(({ burned }) => burned.some(id => settled.has(id)))) return 'an id is settled and burned';
      for (const other of members) {
        if (applied.some(({ hash: of }, i) => (other.applied[i]?.hash ?? of) !== of))
          return 'two records stand at one height';
      }
    }
    return finalTwice(members);
  }

  #isCut(state: State): boolean {
    const { heights, attempts, rounds } = this.#bounds;
    return state.members.some(number => {
      const standing = this.#members[number].machine?.standing;
      return standing && (standing.height > heights + 1 || standing.attempt > attempts || standing.round > rounds);
    });
  }

  /** All envelopes have one fate at all banks, and the last height is final for all. */
  #isDecided({ members: numbers, arrived }: State): boolean {
    const members = numbers.map(number => this.#members[number]);
    const ids = Array.from({ length: this.#bounds.envelopes }, (_, i) => toHex(idOf(`e${i}`)));
    return (
      arrived.every(count => count === this.#bounds.envelopes) &&
      members.every(({ machine, applied }) => {
        const decided = new Set(applied.flatMap(({ settled, burned }) => [...settled, ...burned]));
        return machine?.finalHeight === members[0].applied.length && ids.every(id => decided.has(id));
      })
    );
  }
}

/** What a wallet calls final: n "committed" words of one record. Never of two at one height, and never of one that does not stand. */
function finalTwice(members: readonly Member[]): string | undefined {
  const [first] = members;
  const words = [...first.said].filter(word => word.startsWith('committed/') && members.every(m => m.said.has(word)));
  for (const word of words) {
    const [, height, of] = word.split('/');
    if (members.some(({ applied }) => (applied[Number(height) - 1]?.hash ?? of) !== of)) return 'a wallet was misled';
  }
  return undefined;
}

export function explore(bounds: Bounds, progress?: (states: number) => void): Result {
  return new Exploration(bounds).run(progress);
}
