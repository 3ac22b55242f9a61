/**
 * States and what leads from one to the next.
 *
 *     state    the honest banks (by number: equal memories and disks are one number), what is on each link between them in order,
 *              sessions so far, faults left, envelopes that have not arrived. A cheat has no state: it may say anything that
 *              its key and what it has heard allow, at any time (`cheat.ts`)
 *     step     one input at one honest bank; a message from the head of a link; what the cheat says; a crash after any number of an
 *              input's outputs, or with an old copy of the disk; a session that breaks; a step of a run that takes too long
 *
 * Reductions, and why they lose nothing: the outputs of an input happen at once (what is sent may wait on its link as long as
 * it likes, and a crash may cut between any two); a lost session is noticed by all banks at once (what one of them does
 * between the loss and the notice reaches nobody); what the cheat says arrives when it is said (it may say it later); what
 * the cheat says and changes nothing is no step.
 */
import { decodeMessage } from '../../src/agreement/messages.js';
import { hash, toHex } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import { type Banks, makeBanks } from '../../test/src/ledger/records.js';
import type { Bounds } from './bounds.js';
import { Cheat, type Saying as CheatSaying } from './cheat.js';
import { copy, name, share } from './copy.js';
import { Knowledge } from './knowledge.js';
import { type Event, Member, type Run, runName, type Sent, Violation } from './member.js';
import { type Statement, statementName } from './statement.js';
import { type State, spend } from './states.js';

/** `quiet`: honest banks alone do it; `fair`: the cheat, as an honest bank would; `foul`: the cheat otherwise; `fault`: bounded. */
export type StepKind = 'quiet' | 'fair' | 'foul' | 'fault';

export interface Step {
  readonly label: string;
  readonly kind: StepKind;
  readonly next: State;
}

interface Local {
  readonly next: number;
  readonly sent: readonly Sent[];
  readonly outputs: number;
  readonly fault: string | undefined;
}

interface Saying {
  readonly label: string;
  readonly isFair: boolean;
  readonly isLie: boolean;
  readonly event: Event;
}

const sessionId = (number: number) => hash('explore/session', Uint8Array.of(number));
const groundOf = ({ height, attempt, base }: Run) => ({ height, attempt, base });

export class Model {
  readonly bounds: Bounds;
  readonly banks: Banks;
  /** Roster places of the honest banks. */
  readonly honest: readonly number[];
  readonly #members: Member[] = [];
  readonly #memberNumbers = new Map<string, number>();
  readonly #toldNumbers: number[] = [];
  readonly #told = new Map<string, number>();
  readonly #knowledge = new Map<string, Knowledge>();
  readonly #locals: Map<string, Local>[] = [];
  readonly #vocabularies = new Map<string, readonly CheatSaying[]>();
  readonly #sayings = new Map<string, readonly Saying[]>();
  readonly #messages: Uint8Array[] = [];
  readonly #messageNumbers = new Map<string, number>();
  readonly #links: (readonly number[])[] = [[]];
  readonly #linkNumbers = new Map<string, number>([['', 0]]);
  readonly #cheat: Cheat | undefined;

  constructor(bounds: Bounds) {
    this.bounds = bounds;
    this.banks = share(makeBanks(bounds.banks));
    share(this.banks.network);
    const { cheat } = bounds;
    this.honest = this.banks.seeds.map((_, bank) => bank).filter(bank => bank !== cheat);
    this.#cheat = cheat === undefined ? undefined : new Cheat(this.banks, cheat, bounds);
  }

  /** Distinct memories and disks so far. */
  get memories(): number {
    return this.#members.length;
  }

  start(): State {
    const { early, crashes, breaks, timeouts, lies, splits, restores, beforeMark } = this.bounds;
    const copiedBefore = restores === 0 ? undefined : beforeMark ? 'mark' : 'signature';
    const members = this.honest.map(bank => {
      const member = new Member(bank, copiedBefore);
      member.act(this.banks, { type: 'start' });
      for (let envelope = 0; envelope < early; envelope++) member.act(this.banks, { type: 'arrive', envelope });
      return this.#number(member);
    });
    return {
      members,
      links: members.flatMap(() => members.map(() => 0)),
      sessions: 0,
      faults: { crashes, breaks, timeouts, lies, splits, restores },
      arrived: members.map(() => early),
    };
  }

  membersOf({ members }: State): Member[] {
    return members.map(number => this.#members[number]);
  }

  /** The same for states in which the honest banks have let out the same. */
  knowledgeKey({ members }: State): string {
    return members.map(number => this.#toldNumbers[number]).join();
  }

  knowledge(state: State): Knowledge {
    const key = this.knowledgeKey(state);
    let known = this.#knowledge.get(key);
    if (!known) {
      known = new Knowledge(this.banks, this.bounds.cheat, this.membersOf(state));
      this.#knowledge.set(key, known);
    }
    return known;
  }

  // numbers

  #number(member: Member): number {
    const key = name(member.whole);
    const known = this.#memberNumbers.get(key);
    if (known !== undefined) return known;
    this.#memberNumbers.set(key, this.#members.length);
    const told = [...member.told.keys(), ...member.records.keys()].sort().join('\n');
    this.#toldNumbers.push(this.#told.get(told) ?? this.#told.size);
    if (!this.#told.has(told)) this.#told.set(told, this.#told.size);
    this.#locals.push(new Map());
    return this.#members.push(member) - 1;
  }

  #message(bytes: Uint8Array): number {
    const hex = toHex(bytes);
    const known = this.#messageNumbers.get(hex);
    if (known !== undefined) return known;
    this.#messageNumbers.set(hex, this.#messages.length);
    return this.#messages.push(bytes) - 1;
  }

  #link(messages: readonly number[]): number {
    const key = messages.join();
    const known = this.#linkNumbers.get(key);
    if (known !== undefined) return known;
    this.#linkNumbers.set(key, this.#links.length);
    return this.#links.push(messages) - 1;
  }

  // steps

  /** What an event makes of a bank's memory: worked out once, whatever the other banks do. */
  #local(from: number, label: string, event: Event, cut?: number): Local {
    const key = cut === undefined ? label : `${label} ${cut}`;
    const known = this.#locals[from].get(key);
    if (known) return known;
    const member = copy(this.#members[from]);
    let local: Local;
    try {
      const { sent, outputs } = member.act(this.banks, event, cut);
      const heard = sent.filter(({ to }) => to !== this.bounds.cheat);
      local = { next: this.#number(member), sent: heard, outputs, fault: undefined };
    } catch (error) {
      if (!isBanksFault(error)) throw error;
      local = { next: from, sent: [], outputs: 0, fault: `${label}: ${error.message}` };
    }
    this.#locals[from].set(key, local);
    return local;
  }

  /** Throws Violation if a bank does in it what none may do. */
  steps(state: State): Step[] {
    const steps: Step[] = [];
    const members = this.membersOf(state);
    for (const [place, member] of members.entries()) {
      if (!member.isUp) {
        this.#at(steps, state, place, 'start', { type: 'start' }, 'quiet');
        continue;
      }
      this.#ownSteps(steps, state, place, member);
      this.#runSteps(steps, state, place, members);
      this.#crash(steps, state, place, member);
      this.#putBack(steps, state, place, member);
      if (member.session && this.#cheat) this.#cheatSteps(steps, state, place, this.#cheat);
    }
    this.#crashesTogether(steps, state, members);
    this.#deliveries(steps, state);
    if (members.every(member => member.isUp && !member.session)) steps.push(this.#session(state));
    if (state.faults.breaks > 0 && members.every(member => member.session)) {
      steps.push({ label: 'the session breaks', kind: 'fault', next: this.#lost(spend(state, 'breaks'), undefined) });
    }
    return steps;
  }

  /** One event at one bank, whole, and cut by a crash before each of its outputs. `base`: the state without what it consumes. */
  #at(steps: Step[], base: State, place: number, label: string, event: Event, kind: StepKind): void {
    const from = base.members[place];
    const bank = this.honest[place];
    const local = this.#local(from, label, event);
    if (local.fault) throw new Violation(`bank ${bank}, ${local.fault}`);
    steps.push({ label: `bank ${bank}: ${label}`, kind, next: this.#after(base, place, local) });
    if (base.faults.crashes === 0) return;
    for (let cut = 0; cut < local.outputs; cut++) {
      const partly = this.#local(from, label, event, cut);
      if (partly.fault) throw new Violation(`bank ${bank}, ${partly.fault}`);
      const next = this.#lost(spend(this.#after(base, place, partly), 'crashes'), place);
      steps.push({ label: `bank ${bank}: ${label}, crash before output ${cut}`, kind: 'fault', next });
    }
  }

  #ownSteps(steps: Step[], state: State, place: number, member: Member): void {
    const envelope = state.arrived[place];
    if (envelope < this.bounds.envelopes) {
      const base = { ...state, arrived: state.arrived.with(place, envelope + 1) };
      this.#at(steps, base, place, `envelope ${envelope} arrives`, { type: 'arrive', envelope }, 'quiet');
    }
    for (const timer of member.timers)
      this.#at(steps, state, place, `timer ${timer}`, { type: 'timer', name: timer }, 'quiet');
    if (member.found.length > 0) this.#at(steps, state, place, 'found', { type: 'found' }, 'quiet');
  }

  #runSteps(steps: Step[], state: State, place: number, members: readonly Member[]): void {
    const member = members[place];
    // the cheat has to do its part
    const together = this.#cheat ? 'fair' : 'quiet';
    for (const run of member.runs) {
      const ground = groundOf(run);
      const label = `run ${run.height}/${run.attempt}`;
      const digests = members.map(other => other.spoken.get(runName(run, run.block.session)));
      const spoken = digests.every(digest => digest !== undefined);
      if (spoken && digests.some(digest => digest !== digests[place])) {
        this.#at(steps, state, place, `${label} fails`, { type: 'fail', ground }, 'quiet');
      } else if (spoken && this.bounds.overlap && !run.proved) {
        this.#at(steps, state, place, `${label} is proved`, { type: 'prove', ground }, together);
      } else if (spoken && member.applied.length === run.height - 1) {
        this.#at(steps, state, place, `${label} ends`, { type: 'compute', ground, split: false }, together);
        if (state.faults.splits > 0) {
          const base = spend(state, 'splits');
          this.#at(
            steps,
            base,
            place,
            `${label} ends in a record of its own`,
            { type: 'compute', ground, split: true },
            'foul',
          );
        }
      }
      if (state.faults.timeouts > 0) {
        this.#at(steps, spend(state, 'timeouts'), place, `${label} takes too long`, { type: 'fail', ground }, 'fault');
      }
    }
  }

  #crash(steps: Step[], state: State, place: number, member: Member): void {
    // whoever halted on somebody's word, its operator starts again, unless who said it stands by it
    const isVain = this.membersOf(state).some(other => other.halted?.isStored);
    const isByOperator = member.halted !== undefined && !member.halted.isStored && !member.isRefused && !isVain;
    if (state.faults.crashes === 0 && !isByOperator) return;
    const down = copy(member);
    down.crash();
    const base = isByOperator ? state : spend(state, 'crashes');
    const next = this.#lost({ ...base, members: state.members.with(place, this.#number(down)) }, place);
    const label = isByOperator ? 'its operator ends it' : 'crash';
    steps.push({ label: `bank ${this.honest[place]}: ${label}`, kind: isByOperator ? 'quiet' : 'fault', next });
  }

  /** Two at once: neither does anything about the other's, as it would about a lost session. */
  #crashesTogether(steps: Step[], state: State, members: readonly Member[]): void {
    if (state.faults.crashes < 2) return;
    for (const [b, second] of members.entries()) {
      for (const [a, first] of members.slice(0, b).entries()) {
        if (!first.session || !second.session) continue;
        const down = state.members.map((number, place) => {
          if (place !== a && place !== b) return number;
          const member = copy(members[place]);
          member.crash();
          return this.#number(member);
        });
        const next = this.#lost(spend(spend({ ...state, members: down }, 'crashes'), 'crashes'), undefined);
        steps.push({ label: `banks ${first.index} and ${second.index}: crash together`, kind: 'fault', next });
      }
    }
  }

  #putBack(steps: Step[], state: State, place: number, member: Member): void {
    if (state.faults.restores === 0 || !member.copied) return;
    const down = copy(member);
    down.putBack();
    const members = state.members.with(place, this.#number(down));
    const next = this.#lost({ ...spend(state, 'restores'), members }, place);
    steps.push({ label: `bank ${this.honest[place]}: its disk is put back`, kind: 'fault', next });
  }

  #cheatSteps(steps: Step[], state: State, place: number, cheat: Cheat): void {
    const number = state.members[place];
    const key = `${number} ${this.knowledgeKey(state)}`;
    let sayings = this.#sayings.get(key);
    if (!sayings) {
      sayings = this.#sayingsTo(cheat, state, number);
      this.#sayings.set(key, sayings);
    }
    for (const { label, isFair, isLie, event } of sayings) {
      if (isLie && state.faults.lies === 0) continue;
      const kind = isFair ? 'fair' : 'foul';
      this.#at(steps, isLie ? spend(state, 'lies') : state, place, label, event, kind);
    }
  }

  /** Those that change something. */
  #sayingsTo(cheat: Cheat, state: State, number: number): readonly Saying[] {
    return this.#vocabulary(cheat, state, this.#members[number]).flatMap(({ label, isFair, isLie, all }) => {
      const event: Event = { type: 'messages', from: this.bounds.cheat ?? -1, all };
      const saying = { label: `is told by bank ${this.bounds.cheat}: ${label}`, isFair, isLie, event };
      const { next, sent, fault } = this.#local(number, saying.label, event);
      return next === number && sent.length === 0 && !fault ? [] : [saying];
    });
  }

  /** The same for all that stand at one place and know the same. */
  #vocabulary(cheat: Cheat, state: State, to: Member): readonly CheatSaying[] {
    const key = [to.index, this.knowledgeKey(state), to.applied.length, cheat.placeOf(to)].join(' ');
    const known = this.#vocabularies.get(key);
    if (known) return known;
    const made = cheat.sayings(to, this.knowledge(state));
    this.#vocabularies.set(key, made);
    return made;
  }

  #deliveries(steps: Step[], state: State): void {
    const count = this.honest.length;
    state.links.forEach((link, index) => {
      const [head, ...rest] = this.#links[link];
      if (head === undefined) return;
      const from = this.honest[Math.floor(index / count)];
      const base = { ...state, links: state.links.with(index, this.#link(rest)) };
      const event: Event = { type: 'message', from, bytes: this.#messages[head] };
      this.#at(steps, base, index % count, `hears ${this.#nameOf(head)} from bank ${from}`, event, 'quiet');
    });
  }

  #session(state: State): Step {
    const sessions = state.sessions + 1;
    let next: State = { ...state, sessions };
    state.members.forEach((member, place) => {
      const local = this.#local(member, `session ${sessions}`, { type: 'session', id: sessionId(sessions) });
      if (local.fault) throw new Violation(local.fault);
      next = this.#after(next, place, local);
    });
    return { label: `session ${sessions}`, kind: 'quiet', next };
  }

  #after(state: State, place: number, { next, sent }: Local): State {
    const links = [...state.links];
    const count = state.members.length;
    for (const { to, bytes } of sent) {
      const index = place * count + this.honest.indexOf(to);
      links[index] = this.#link([...this.#links[links[index]], this.#message(bytes)]);
    }
    return { ...state, links, members: state.members.with(place, next) };
  }

  /** For traces, and the same in every search: what it is, and where a statement stands also its first digits. */
  #nameOf(number: number): string {
    const bytes = this.#messages[number];
    const message = decodeMessage(bytes, this.bounds.banks);
    const isStatement = message.kind === 'signed' || message.kind === 'void' || message.kind === 'committed';
    const what = isStatement ? statementName(message as Statement) : message.kind;
    return `${what} (${toHex(hash('explore/message', bytes)).slice(0, 6)})`;
  }

  /** The session is over for all; `crashed` knows already. */
  #lost(state: State, crashed: number | undefined): State {
    const members = state.members.map((number, place) => {
      if (place === crashed || !this.#members[number].session) return number;
      const local = this.#local(number, 'session lost', { type: 'session-lost' });
      if (local.fault) throw new Violation(local.fault);
      return local.next;
    });
    return { ...state, members, links: state.links.map(() => 0) };
  }
}

/** What no protocol allows, what the code itself refuses, and what it holds to be impossible. */
function isBanksFault(error: unknown): error is Error {
  if (error instanceof Violation || error instanceof CovaultError) return true;
  return error instanceof Error && error.message.startsWith('assertion failed');
}
