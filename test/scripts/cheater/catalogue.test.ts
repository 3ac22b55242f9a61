/** The catalogue of messages and fields is whole: no kind, no step and no byte of the wire goes without a deviation. */
import test from 'ava';
import { casesOf, type Recording, record } from '../../../scripts/cheater/cases.js';
import { stories } from '../../../scripts/cheater/stories.js';
import { computationSteps, takeApart } from '../../../scripts/cheater/wire.js';
import { productSteps } from '../../../scripts/cheater/wire-rounds.js';
import type { Message } from '../../../src/agreement/messages.js';
import { type AgreementFrame, type EnvelopeFrame, encodeAgreementFrame } from '../../../src/bank/transport.js';
import { kinds as pairKinds } from '../../../src/preprocessing/conversation.js';
import { type Outgoing, Rounds } from '../../../src/session/index.js';

const frames: Record<AgreementFrame['kind'], true> = {
  hello: true,
  confirm: true,
  ahead: true,
  message: true,
  computation: true,
};
const envelopeFrames: Record<EnvelopeFrame['kind'], true> = { forward: true, want: true };
const messages: Record<Message['kind'], true> = {
  status: true,
  proposal: true,
  signed: true,
  void: true,
  committed: true,
  certificate: true,
  accusation: true,
  entry: true,
};

/** By label, as `Rounds` is told them. */
const labels = new Set<string>();
const { step } = Rounds.prototype;
const recordings: Recording[] = [];

test.serial.before(async () => {
  Rounds.prototype.step = function (label: string, message: Outgoing) {
    labels.add(label);
    return step.call(this, label, message);
  };
  for (const story of stories) recordings.push(await record(story, 2, 1));
  Object.assign(Rounds.prototype, { step });
});

test('the stories are honest runs: nobody is named, nothing is wrong', t => {
  for (const { story, honest } of recordings) {
    t.deepEqual(honest.faults, [], story.name);
    t.deepEqual(honest.wronglyNamed, [], story.name);
    t.not(honest.outcome, 'named', story.name);
    t.not(honest.outcome, 'waits', story.name);
  }
});

test('every kind of message is said by the cheater in a story, and every one of its fields is changed', t => {
  const said = new Set(recordings.flatMap(recording => recording.messages.map(({ kind }) => kind)));
  const due = [
    // 'ahead' is said only to a bank whose disk was set back (`test/src/bank/old-disk.test.ts`)
    ...Object.keys(frames).filter(kind => !['message', 'computation', 'ahead'].includes(kind)),
    ...Object.keys(messages).map(kind => `message/${kind}`),
    ...Object.keys(envelopeFrames),
    ...computationSteps(3).map(label => `computation/${label}`),
    'computation/agree',
    ...Object.keys(pairKinds)
      .filter(kind => kind !== 'rounds')
      .map(kind => `preprocessing/${kind}`),
    // the digests of both conversations are empty messages
    ...['wants', 'agree', ...productSteps.slice(0, -1)].map(name => `preprocessing/rounds: ${name}`),
  ];
  t.deepEqual(
    due.filter(kind => !said.has(kind)),
    [],
  );
  t.deepEqual(
    [...said].filter(kind => !due.includes(kind)),
    [],
  );
  for (const recording of recordings) {
    const changed = casesOf(recording, true).map(({ deviation: { kind, field } }) => `${kind}, ${field}`);
    for (const { kind, spans } of recording.messages) {
      for (const { name } of spans) t.true(changed.includes(`${kind}, ${name}`), `${kind}, ${name}`);
    }
  }
});

test('messages of a block are called what the code calls them', t => {
  // where no transfer is left, the reveals' message stands in place of c
  const others = ['wave 0 y', 'wants', 'wants digest', ...productSteps];
  for (const label of others.slice(1)) t.true(labels.has(label), label);
  t.deepEqual([...labels].filter(label => !others.includes(label)).sort(), [...computationSteps(3), 'agree'].sort());
});

test('every byte of a message belongs to a field', t => {
  for (const { messages: heard } of recordings) {
    for (const { bytes, spans, kind } of heard) {
      t.is(
        spans.reduce((at, span) => (span.at === at ? at + span.length : -1), 0),
        bytes.length,
        kind,
      );
    }
  }
});

test('a field that the catalogue does not know is found', t => {
  const hello = encodeAgreementFrame({ kind: 'hello', nonce: new Uint8Array(32), height: 0 });
  t.is(takeApart('agreement', hello, 2, 3).kind, 'hello');
  const computation = { kind: 'computation', session: new Uint8Array(8), height: 1, attempt: 1, base: 0 } as const;
  const empty = new Uint8Array(32 + 2 + 32 + 12);
  const frame = (bytes: Uint8Array) => encodeAgreementFrame({ ...computation, bytes });
  t.is(takeApart('agreement', frame(empty), 2, 3).kind, 'computation/agree');
  t.throws(() => takeApart('agreement', frame(new Uint8Array(empty.length + 40)), 2, 3), {
    message: /belongs to a field/,
  });
});
