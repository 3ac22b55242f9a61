/**
 * What each deviation must come to. The rule is the first: whatever a bank changes, it is named. Every other outcome stands here
 * with its reason; an outcome without one is a finding, and where nobody stopped it is a deviation that went undetected.
 *
 * Not here: that no result was wrong and nothing was opened that should not: that holds for every outcome (`judge.ts`,
 * `openings.ts`).
 */
import { type Deviation, nameOf } from './deviations.js';
import type { Outcome } from './play.js';

export interface Expectation {
  readonly outcomes: readonly Outcome[];
  readonly why: string;
}

type Rule = readonly [of: RegExp, outcomes: readonly Outcome[], why: string];

const head = '(session|height|attempt|base)';

const rules: readonly Rule[] = [
  // what does not arrive, or not now
  [
    /^(hello|confirm), /,
    ['named', 'waits', 'restarted', 'unmoved'],
    'without the same nonces at all banks no session stands, and nothing is computed outside one; what is repeated forms another',
  ],
  [
    /^message.status, /,
    ['named', 'stopped', 'unmoved'],
    'where a bank says it stands decides nothing: at worst the others believe in a second history, and halt',
  ],
  [
    /^forward, .*/,
    ['named', 'stopped', 'refused', 'unmoved'],
    'a packet is opened under its own header or not at all, and asked for again; an announcement that its sponsor did not sign is none',
  ],
  [
    /^want, /,
    ['named', 'unmoved', 'restarted', 'refused'],
    'it asks for what everybody may have, or misses what it needs: then its envelopes wait',
  ],
  [
    /^preprocessing.rounds: .*/,
    ['named', 'restarted', 'stopped', 'unmoved', 'waits'],
    'a failed check of products or digest ends the session and names nobody; wants told to all alike are only wants',
  ],
  [
    /^preprocessing.*, (left out|after the next one|of an earlier block)(, to one)?$/,
    ['named', 'waits', 'stopped', 'restarted', 'unmoved'],
    'nothing is opened in a session before its pairs are made; preprocessing waits for whoever is silent',
  ],
  [/^preprocessing.*, session, /, ['named', 'waits'], 'of another session: it never arrives'],
  [
    /^message.entry, (session|bank|height|attempt|left out|late|too late|twice|after the next one|of an earlier block)/,
    ['named', 'waits', 'restarted', 'unmoved'],
    'no entry of this place: a signature without its entry counts for nothing, and the others ask for the certificate with all of them',
  ],
  [
    /^message.accusation, /,
    ['named', 'stopped', 'waits'],
    'whoever accuses halts the network: its word names nobody at the others',
  ],
  [/, late(, to one)?$/, ['unmoved', 'named', 'restarted'], 'within what a step may take: nothing has changed'],
  [
    /^message.committed, .*/,
    ['named', 'stopped', 'waits', 'unmoved'],
    'the record stands; that it is final shows with the next record',
  ],
  [
    /^message.(signed|certificate|accusation|void), (session|left out|late|too late|twice|after the next one|of an earlier block)/,
    ['named', 'stopped', 'unmoved', 'restarted', 'waits'],
    'a statement that is not shown is asked for as a certificate, or waited for',
  ],
  [
    /^message.signed, (height|attempt|commitment|signature), another value, signed/,
    ['unmoved', 'named'],
    'a true statement about another place, or a commitment to a state that is its own business: the record stands',
  ],
  [
    /^message.signed, record hash, another value, signed/,
    ['named', 'stopped'],
    'another record: among three or more the digests do not say whose is right',
  ],
  [
    /^message.void, (height, |attempt, |.*, signed$)/,
    ['named', 'stopped', 'restarted', 'waits', 'unmoved'],
    'a void of another place: it is passed over, or kept until that place comes, and this attempt waits for its own',
  ],
  [
    /^message.certificate, /,
    ['named', 'stopped', 'unmoved', 'waits'],
    'a certificate holds or not; who has shown one that does not is named; one of another height is passed over, and the right one awaited',
  ],
  [
    /^message.proposal, (proposal session|session|height|attempt|base|round|left out|too late|of an earlier block)/,
    ['named', 'restarted', 'unmoved', 'stopped'],
    'a proposal for something else is none: the attempt is void after its time, and its envelopes burned',
  ],
  [
    /^message.proposal, .*/,
    ['named', 'stopped', 'restarted', 'unmoved'],
    'told to all alike it is a proposal like another; else digests part with the first message, and among three name nobody',
  ],
  [
    new RegExp(`^computation.*, (${head}, |left out|too late|of an earlier block)`),
    ['named', 'restarted', 'stopped', 'unmoved'],
    'a message of something else, or none: the attempt is void after its time, and its envelopes burned',
  ],
  [
    /^computation.(audit|agree|wave 0 w), (twice|after the next one)/,
    ['named', 'unmoved'],
    'the last message of its conversation: what follows is passed over',
  ],
  [
    /^computation.*, (digest|broadcast|coin share|coin opening|key parts), /,
    ['named', 'stopped'],
    'digests that differ name nobody among three or more',
  ],
  // preprocessing
  [
    /^preprocessing.(extensionCorrections|voleRows|puncturedTrees|pointSums|productCorrections), (corrections|rows|sums|tag sum|other trees)/,
    ['named', 'stopped', 'restarted', 'unmoved'],
    'a bet on secret bits: lost it is noticed, won nothing has changed (see the strategies)',
  ],
  [
    /^preprocessing.(extensionChallenge|voleChallenge|pointChallenge|pointSums|pointCommitment|linkOffer|linkOpening|baseOtReceiver|baseOtSender|linkAnswer), /,
    ['named', 'stopped', 'unmoved', 'waits'],
    'what the other makes of it does not fit what the cheater holds: it can only accuse, and its word names nobody; or an element of its own link stock is lost',
  ],
  [
    /^preprocessing.linkRefill, /,
    ['named', 'unmoved', 'stopped'],
    'numbers of its own link elements: those that the other bank does not hold are lost to it',
  ],
];

const named: Expectation = {
  outcomes: ['named'],
  why: 'a bank that is told something else than the protocol’s names its sender',
};

export function expectationOf(deviation: Deviation): Expectation {
  const name = nameOf(deviation);
  const rule = rules.find(([of]) => of.test(name));
  return rule ? { outcomes: rule[1], why: rule[2] } : named;
}
