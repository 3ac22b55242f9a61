/**
 * One bank that lies: everything that it can say to an honest bank in a state, with its own key and what the honest banks have
 * let out. It may say any of it at any time, to any bank, again and again, or nothing.
 *
 *     (always)       its status: that it stands where the receiver does, and has told all that it has heard of it
 *     proposal       for the round in which the receiver is: any of the envelopes as ready, nothing or any one of them as burned
 *     signed         for every attempt at the receiver's height up to the next: each record that an honest bank has computed there,
 *                    and one that nobody has
 *     void           for every attempt there and at the height before: its own root, or after each root that an honest bank gave
 *     committed      of that height and the one before: each record computed there, and one that nobody has
 *     certificate    each one there is, old or new
 *     again          the receiver's own statements
 *     lie            each of these ends the bank that hears it:
 *       status       with another record's hash
 *       accusation   that an honest bank cheats (it is believed by nobody, but halts who hears it)
 *       forged       a void whose signature does not hold, and one after a root that nobody gave
 *
 * A signature goes with its recovery entry, and a certificate with everybody's. With `ahead` it also signs, voids and calls
 * committed what the receiver has not come to; otherwise it says so when it has (and a record that nobody has only then).
 *
 * Not here, because another message does the same: statements further ahead; other stock positions; bytes that are no message,
 * and entries that do not fit (as forged).
 *
 * `isFair`: an honest bank in its place, which stands where the receiver stands, may say that. Nothing is ever stuck if the
 * fair messages of the cheat lead on.
 */
import { encodeMessage, type Message, sessionPrefixBytes } from '../../src/agreement/messages.js';
import { type Place, type RootVoid, rootOf, type Void, voidStatement } from '../../src/agreement/statements.js';
import { equalBytes, hash, toHex } from '../../src/crypto/index.js';
import { committedStatement, recordHash } from '../../src/ledger/log.js';
import { cheapSign, entryOf } from '../../test/src/agreement/cluster.js';
import { announce } from '../../test/src/agreement/envelopes.js';
import { type Banks, idOf } from '../../test/src/ledger/records.js';
import type { Bounds, Word } from './bounds.js';
import { type Knowledge, signRecord } from './knowledge.js';
import type { Member } from './member.js';
import { statementName } from './statement.js';

export interface Saying {
  readonly label: string;
  readonly isFair: boolean;
  /** It halts who hears it, as no honest bank's word could. */
  readonly isLie: boolean;
  /** Bytes of messages, with nothing in between. */
  readonly all: readonly Uint8Array[];
}

const nobodys = hash('explore/a record that nobody has');
const short = (bytes: Uint8Array) => toHex(bytes).slice(0, 8);

export class Cheat {
  readonly #banks: Banks;
  readonly #index: number;
  readonly #bounds: Bounds;
  readonly #sign: (message: Uint8Array) => Uint8Array;

  constructor(banks: Banks, index: number, bounds: Bounds) {
    this.#banks = banks;
    this.#index = index;
    this.#bounds = bounds;
    this.#sign = cheapSign(banks, index);
  }

  /** All of a bank that `sayings` looks at, but for what it has let out and applied. */
  placeOf({ machine, session }: Member): string {
    if (!machine || !session) return '';
    const { height, attempt, base, round, phase } = machine.standing;
    return [toHex(session.subarray(0, 4)), height, attempt, base, round, phase].join('/');
  }

  sayings(to: Member, known: Knowledge): Saying[] {
    if (!to.session || !to.machine) return [];
    const { session } = to;
    const of: Record<Word, () => Saying[]> = {
      plain: () => [], // one of the proposals
      proposal: () => this.#proposals(to, session),
      signed: () => this.#signatures(to, known),
      void: () => this.#voids(to, known),
      committed: () => this.#committed(to, known),
      certificate: () => this.#certificates(known),
      again: () => this.#again(to, known),
      lie: () => this.#lies(to),
    };
    const { words } = this.#bounds;
    const all = [...this.#status(to.machine), ...words.flatMap(word => of[word]())];
    return words.includes('plain') && !words.includes('proposal')
      ? [...this.#proposals(to, session, true), ...all]
      : all;
  }

  #proposals({ machine }: Member, session: Uint8Array, isPlain = false): Saying[] {
    if (!machine) return [];
    const { height, attempt, base, round, phase } = machine.standing;
    const isOpen = phase === 'proposing' || phase === 'looking';
    const grounds = isOpen ? [{ height, attempt, base }] : [];
    if (this.#bounds.overlap && phase === 'running') grounds.push({ height: height + 1, attempt: 1, base: attempt });
    const ids = Array.from({ length: this.#bounds.envelopes }, (_, envelope) => envelope);
    const burnedLists = isPlain ? [[]] : [[], ...ids.map(id => [id])];
    const readyLists = isPlain ? [ids] : subsets(ids);
    return grounds.flatMap(ground =>
      readyLists.flatMap(ready =>
        burnedLists.map(burned => ({
          label: `proposal ${ground.height}/${ground.attempt} round ${round}, ready ${list(ready)}, burned ${list(burned)}`,
          isFair: burned.length === 0,
          isLie: false,
          all: [
            encodeMessage({
              kind: 'proposal',
              session: session.slice(0, sessionPrefixBytes),
              ...ground,
              round,
              ready: ready
                .map(e => this.#announcement(e))
                .sort((a, b) => a.sponsor - b.sponsor || a.sequence - b.sequence),
              burned: burned.map(e => idOf(`e${e}`)),
              at: { vole: 0, triples: 0, selections: 0 },
            }),
          ],
        })),
      ),
    );
  }

  #announcement(envelope: number) {
    const sponsor = envelope % this.#banks.seeds.length;
    return announce(this.#banks, sponsor, envelope + 1, idOf(`e${envelope}`), cheapSign(this.#banks, sponsor));
  }

  /** From the attempt before to the next: no bank has use for others. */
  #attempts({ machine }: Member): number[] {
    const attempt = machine?.standing.attempt ?? 1;
    const last = Math.min(this.#bounds.attempts, this.#bounds.ahead ? attempt + 1 : attempt);
    return [attempt - 1, attempt, attempt + 1].filter(k => k >= 1 && k <= last);
  }

  #signatures(to: Member, known: Knowledge): Saying[] {
    const height = to.applied.length + 1;
    return this.#attempts(to).flatMap(attempt => {
      const place = { height, attempt };
      const entry: Message = { kind: 'entry', bank: this.#index, entry: entryOf(place, this.#index) };
      const computed = known.records.filter(r => r.height === height && r.attempt === attempt).map(recordHash);
      const own = [...to.told.values()].find(s => s.kind === 'signed' && isAt(s.signed, place));
      if (!own && !this.#bounds.ahead) return [];
      return [...computed, ...(computed.length > 0 ? [nobodys] : [])].map(of => ({
        label: `signature ${height}/${attempt} under ${short(of)}`,
        isFair: own?.kind === 'signed' && equalBytes(own.signed.recordHash, of) && !this.#hasVoided(place, known),
        isLie: false,
        all: this.#say(entry, {
          kind: 'signed',
          signed: {
            ...place,
            bank: this.#index,
            recordHash: of,
            ...signRecord(this.#banks, this.#index, { ...place, recordHash: of }),
          },
        }),
      }));
    });
  }

  /** An honest bank has voided after a root of the cheat's. */
  #hasVoided(place: Place, { heard }: Knowledge): boolean {
    return heard.some(
      ({ statement: s }) => s.kind === 'void' && isAt(s.void, place) && rootOf(s.void).bank === this.#index,
    );
  }

  #voids(to: Member, known: Knowledge): Saying[] {
    const now = to.applied.length + 1;
    const places = [
      ...this.#attempts(to).map(attempt => ({ height: now, attempt })),
      ...(now > 1 ? [{ height: now - 1, attempt: 1 }] : []),
    ];
    return places.flatMap(place => {
      const roots = known.heard.flatMap(({ statement: s }) =>
        s.kind === 'void' && isAt(s.void, place) ? [rootOf(s.void)] : [],
      );
      const others = roots.filter(({ bank }, i) => bank !== this.#index && roots.findIndex(r => r.bank === bank) === i);
      return [undefined, ...others].map(root => ({
        label: `void ${place.height}/${place.attempt}${root ? ` after bank ${root.bank}'s` : ''}`,
        isFair: root !== undefined || this.#hasVoided(place, known),
        isLie: false,
        all: this.#say({ kind: 'void', void: this.#void(place, root) }),
      }));
    });
  }

  /** What the receiver has said comes back to it. */
  #again(to: Member, { heard }: Knowledge): Saying[] {
    return heard.flatMap(({ from, statement }) =>
      from !== to.index || statement.kind === 'committed'
        ? []
        : [{ label: `again ${statementName(statement)}`, isFair: true, isLie: false, all: this.#say(statement) }],
    );
  }

  #status(machine: Member['machine']): Saying[] {
    if (!machine) return [];
    const { height, lastHash, standing } = machine;
    const all = this.#say({ kind: 'status', height, hash: lastHash, attempt: standing.attempt });
    return [{ label: `status ${height}`, isFair: true, isLie: false, all }];
  }

  #void(place: Place, root: RootVoid | undefined): Void {
    const signature = this.#sign(voidStatement(this.#banks.network.id, place, this.#index, root));
    return { ...place, bank: this.#index, root, signature };
  }

  #committed(to: Member, known: Knowledge): Saying[] {
    const now = to.applied.length;
    return [now, now + 1].flatMap(height => {
      if (height === 0) return [];
      const computed = known.records.filter(record => record.height === height).map(recordHash);
      return [...computed, ...(height === now || this.#bounds.ahead ? [nobodys] : [])].map(of => ({
        label: `committed ${height} ${short(of)}`,
        isFair: known.certified.some(({ record }) => equalBytes(recordHash(record), of)),
        isLie: false,
        all: this.#say({
          kind: 'committed',
          committed: {
            height,
            hash: of,
            signature: this.#sign(committedStatement(this.#banks.network.id, height, of)),
          },
        }),
      }));
    });
  }

  #certificates(known: Knowledge): Saying[] {
    return known.certified.map(({ record, certificate }) => ({
      label: `certificate ${record.height}/${record.attempt} ${short(recordHash(record))}`,
      isFair: !this.#hasVoided(record, known),
      isLie: false,
      all: this.#say(
        ...this.#banks.seeds.map((_, bank): Message => ({ kind: 'entry', bank, entry: entryOf(record, bank) })),
        { kind: 'certificate', record, certificate },
      ),
    }));
  }

  #lies(to: Member): Saying[] {
    const place = { height: to.applied.length + 1, attempt: 1 };
    const honest = this.#banks.seeds.map((_, bank) => bank).filter(bank => bank !== this.#index && bank !== to.index);
    const other: [string, Message] = [
      'status with another record',
      { kind: 'status', height: to.applied.length, hash: nobodys, attempt: 1 },
    ];
    const root = { bank: honest[0] ?? to.index, signature: new Uint8Array(64) };
    const lies: [string, Message][] = [
      [`a void after one of bank ${root.bank} that is none`, { kind: 'void', void: this.#void(place, root) }],
      [
        'a void with a forged signature',
        { kind: 'void', void: { ...this.#void(place, undefined), signature: new Uint8Array(64) } },
      ],
      ...(to.applied.length > 0 ? [other] : []),
      [
        `accusation of ${honest.length > 0 ? `bank ${honest[0]}` : 'nobody'}`,
        { kind: 'accusation', evidence: { kind: 'accusation', culprit: honest[0], why: 'a lie' } },
      ],
    ];
    return lies.map(([label, message]) => ({ label, isFair: false, isLie: true, all: this.#say(message) }));
  }

  #say(...messages: Message[]): readonly Uint8Array[] {
    return messages.map(encodeMessage);
  }
}

const isAt = (a: Place, b: Place) => a.height === b.height && a.attempt === b.attempt;

function subsets(of: readonly number[]): number[][] {
  const bits = (set: number) => of.filter((_, i) => (set >> i) & 1);
  return Array.from({ length: 2 ** of.length }, (_, set) => bits(set));
}

const list = (of: readonly number[]) => `[${of.map(e => `e${e}`).join(' ')}]`;
