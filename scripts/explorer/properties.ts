/**
 * What must hold in every state, and which states are ends: places from which nothing need lead on.
 *
 *     never    two records at one height; an id settled twice, or settled and burned; a wallet misled; an honest bank named by
 *              another on its own evidence, or halted at all where no bank lies, but for one that refuses the old copy of its disk
 *     decided  all envelopes have one fate at all honest banks, and the last height is final for all
 *     together all honest banks stand at one height, or all have halted
 */
import { toHex } from '../../src/crypto/index.js';
import { idOf } from '../../test/src/ledger/records.js';
import type { Member } from './member.js';
import type { Model } from './model.js';
import type { State } from './states.js';
import { type Beliefs, beliefs } from './wallet.js';

export class Properties {
  readonly #model: Model;
  readonly #beliefs = new Map<string, Beliefs>();

  constructor(model: Model) {
    this.#model = model;
  }

  /** What is wrong in it. */
  wrong(state: State): string | undefined {
    const members = this.#model.membersOf(state);
    return this.#named(members) ?? forked(members) ?? twoFates(members) ?? this.#misled(state, members);
  }

  #named(members: readonly Member[]): string | undefined {
    const { cheat } = this.#model.bounds;
    for (const { index, halted, isRefused } of members) {
      if (!halted || isRefused) continue;
      if (cheat === undefined) return `bank ${index} halted, and every bank is honest`;
      const { culprit, toldBy } = halted;
      if (culprit !== undefined && culprit !== cheat && toldBy === undefined) {
        return `bank ${index} halted and names bank ${culprit}, which is honest`;
      }
    }
    return undefined;
  }

  #misled(state: State, members: readonly Member[]): string | undefined {
    const key = this.#model.knowledgeKey(state);
    let believed = this.#beliefs.get(key);
    if (!believed) {
      believed = beliefs(this.#model.banks, this.#model.knowledge(state));
      this.#beliefs.set(key, believed);
    }
    const { final, settled, dead } = believed;
    for (const [height, records] of final) {
      if (records.size > 1) return 'wallets are misled: two final records at one height';
      for (const { index, applied } of members) {
        const stands = applied[height - 1]?.hash;
        if (stands !== undefined && !records.has(stands)) return `a wallet is misled: bank ${index} has another record`;
      }
    }
    for (const { index, applied } of members) {
      if (applied.some(record => record.settled.some(id => dead.has(id)))) {
        return `a wallet is misled: what it thinks dead is settled at bank ${index}`;
      }
      if (applied.some(record => record.burned.some(id => settled.has(id)))) {
        return `a wallet is misled: what it thinks settled is burned at bank ${index}`;
      }
    }
    return members.some(member => !final.has(member.final) && member.final > 0)
      ? 'a bank calls final what no wallet can check'
      : undefined;
  }

  isCut(state: State): boolean {
    const { heights, attempts, rounds } = this.#model.bounds;
    return this.#model.membersOf(state).some(({ machine }) => {
      if (!machine) return false;
      const { height, attempt, round, phase } = machine.standing;
      if (height > heights) return height > heights + 1 || attempt > 1 || round > 1 || phase === 'running';
      return attempt > attempts || round > rounds;
    });
  }

  isDecided(state: State): boolean {
    const { envelopes } = this.#model.bounds;
    const members = this.#model.membersOf(state);
    const ids = Array.from({ length: envelopes }, (_, i) => toHex(idOf(`e${i}`)));
    return (
      state.arrived.every(count => count === envelopes) &&
      members.every(({ machine, applied, halted }) => {
        const decided = new Set(applied.flatMap(({ settled, burned }) => [...settled, ...burned]));
        return !halted && machine?.finalHeight === members[0].applied.length && ids.every(id => decided.has(id));
      })
    );
  }

  /**
   * A bank has found that its disk is an old copy: the others wait until it is rebuilt. Nor is progress promised if the copy is
   * of before an attempt that is void by now: the others may have forgotten what it has said since, and wait for more of it.
   */
  isRefused(state: State): boolean {
    return this.#model.membersOf(state).some(({ isRefused, old }) => isRefused || old === 'over');
  }

  isHalted(state: State): boolean {
    return this.#model.membersOf(state).every(({ halted }) => halted !== undefined);
  }

  isTogether(state: State): boolean {
    const members = this.#model.membersOf(state);
    const [{ applied }] = members;
    if (this.isHalted(state)) return true;
    return members.every(member => member.isUp && !member.halted && member.applied.length === applied.length);
  }
}

function forked(members: readonly Member[]): string | undefined {
  const apart = members.some(({ applied }) =>
    members.some(other => applied.some(({ hash: of }, i) => (other.applied[i]?.hash ?? of) !== of)),
  );
  return apart ? 'two records stand at one height' : undefined;
}

function twoFates(members: readonly Member[]): string | undefined {
  const settled = new Set(members.flatMap(m => m.applied.flatMap(record => record.settled)));
  const both = members.some(({ applied }) => applied.some(({ burned }) => burned.some(id => settled.has(id))));
  return both ? 'an id is settled and burned' : undefined;
}
