/** Intake threads answer as the asking thread would, and outlive their own loss. */
import test from 'ava';
import { IntakeThreads, startThread } from '../../../node/intake/index.js';
import { decodeQuestions, encodeQuestions } from '../../../node/intake/messages.js';
import { openHere } from '../../../src/bank/index.js';
import { ed25519, toHex } from '../../../src/crypto/index.js';
import { SubmissionSession } from '../../../src/envelope/index.js';
import { CovaultError } from '../../../src/errors.js';
import { intakeBatchesMax, intakeBatchMax } from '../../../src/limits.js';
import { accountKeys, transferEnvelope } from '../../harness/banks.js';
import { flipped } from '../../harness/holders.js';
import { silent, until } from '../../harness/network.js';
import { fakeIntakeOf, impatientClock, intakeOf, smallWorld, unopened } from './intakes.js';

const outcome = (promise: Promise<{ readonly keyPart: Uint8Array } | undefined>) =>
  promise.then(
    content => (content ? toHex(content.keyPart) : 'nothing'),
    error => error.code ?? String(error),
  );

const transfers = (world: ReturnType<typeof smallWorld>, count: number) =>
  Array.from({ length: count }, () => unopened(world, transferEnvelope(world, 0, 1, 1n).envelope));

test.serial('in one batch each envelope has its own answer, the same as on the asking thread', async t => {
  const world = smallWorld();
  const { intake } = intakeOf(world);
  t.teardown(() => intake.stop());
  const { seal } = new SubmissionSession(world.network, world.random);
  const sessions = [1, 2].map(() => unopened(world, transferEnvelope(world, 0, 1, 1n, seal).envelope));
  const [good, garbled, unsigned, other] = transfers(world, 4);
  const signature = ed25519.sign(accountKeys(1).spendingSeed, unsigned.id);
  const wrong = { key: ed25519.publicKey(accountKeys(0).spendingSeed), signature };
  const batch = [
    ...sessions,
    good,
    { ...garbled, packet: new Uint8Array(80).fill(9) },
    { ...unsigned, signed: wrong },
    { ...other, packet: flipped(other.packet as Uint8Array) }, // mauled
    { ...other, packet: good.packet }, // of another envelope
    { ...other, packet: new Uint8Array(0) },
    good, // again: whether it was seen is not asked here
    { ...good, packet: undefined },
    { ...unsigned, packet: undefined, signed: wrong },
    other,
  ];
  const answers = await Promise.all(batch.map((each, i) => outcome(intake.open(i % 3, each))));
  const here = openHere(world.parties[0], world.sealingSecrets[0].slice());
  t.deepEqual(answers, await Promise.all(batch.map((each, i) => outcome(here.open(i % 3, each)))));
  const bad = 'PACKET_UNREADABLE';
  t.deepEqual(answers.slice(3, 8), [bad, 'BAD_SIGNATURE', bad, bad, bad]);
  t.deepEqual(answers.slice(9, 11), ['nothing', 'BAD_SIGNATURE']);
  t.is(answers[2], answers[8]);
  t.is(new Set(answers.filter(answer => answer.length === 32)).size, 4);
});

test.serial('shares are the same as on the asking thread, of a seed and in full, and pin no batch', async t => {
  const world = smallWorld();
  const { intake } = intakeOf(world);
  t.teardown(() => intake.stop());
  const here = openHere(world.parties[0], world.sealingSecrets[0].slice());
  const all = transfers(world, 24);
  t.is(new Set(all.map(({ header }) => header.explicitBank === 0)).size, 2);
  const opened = await Promise.all(all.map(each => intake.open(1, each)));
  for (const [i, content] of opened.entries()) {
    t.deepEqual(content?.share(), (await here.open(1, all[i]))?.share());
    t.is(content?.share().buffer.byteLength, 8 * all[i].length);
    t.is(content?.keyPart.buffer.byteLength, 16);
  }
});

test.serial('what a lost thread had not answered is asked of the next one, and all of it is answered', async t => {
  const world = smallWorld();
  const { intake, workers } = intakeOf(world);
  t.teardown(() => intake.stop());
  const all = transfers(world, 5);
  const answers = all.map((each, i) => outcome(intake.open(i % 3, each)));
  await Promise.resolve(); // it has them
  await workers[0].terminate();
  const late = outcome(intake.open(0, all[0]));
  const found = await Promise.all(answers);
  t.true(found.every(answer => answer.length === 32));
  t.is(await late, found[0]);
  t.is(workers.length, 2);
});

test.serial('what two threads were lost over is refused with a code; what came later is answered', async t => {
  const world = smallWorld();
  const warnings: string[] = [];
  const log = { ...silent, warn: (event: string) => void warnings.push(event) };
  const { intake, workers } = intakeOf(world, { log }, (worker, number) => {
    if (number <= 2) setImmediate(() => void worker.terminate());
  });
  t.teardown(() => intake.stop());
  const [one, two] = transfers(world, 2);
  t.is(await outcome(intake.open(1, one)), 'WORKER_LOST');
  t.is((await outcome(intake.open(1, two))).length, 32);
  t.is(workers.length, 3);
  t.deepEqual(warnings, Array(2).fill('an intake thread has ended'));
});

test.serial('stopping answers what the thread has, and whoever comes later is told that it has ended', async t => {
  const world = smallWorld();
  const { intake, workers } = intakeOf(world);
  const many = transfers(world, 8);
  const exit = new Promise(resolve => workers[0].once('exit', resolve));
  const answers = many.map(each => outcome(intake.open(0, each)));
  await Promise.resolve();
  await intake.stop();
  t.is(await exit, 0, 'by itself, without force');
  for (const answer of await Promise.all(answers)) t.is(answer.length, 32);
  t.is(await outcome(intake.open(0, many[0])), 'SESSION_ENDED');
});

test('stopping ends what no thread has yet, and starts none in the place of one that was lost', async t => {
  const world = smallWorld();
  const { intake, workers } = fakeIntakeOf(world);
  const count = intakeBatchMax * intakeBatchesMax + 3;
  const [each] = transfers(world, 1);
  const answers = Array.from({ length: count }, () => outcome(intake.open(1, each)));
  await Promise.resolve();
  workers[0].emit('exit');
  await intake.stop();
  t.deepEqual(await Promise.all(answers), Array(count).fill('SESSION_ENDED'));
  await new Promise(resolve => setTimeout(resolve, 5));
  t.is(workers.length, 1);
});

test('the secret is handed over to the thread, and its owner keeps its own', async t => {
  const world = smallWorld();
  const handed: Uint8Array[] = [];
  const mine = world.sealingSecrets[0].slice();
  const intake = new IntakeThreads({
    ...{ self: 0, count: 3, sealingSecret: mine, threads: 1, clock: impatientClock, log: silent },
    start: data => {
      handed.push(data.sealingSecret);
      return startThread(data);
    },
  });
  t.is(handed[0].length, 0);
  await intake.stop();
  t.deepEqual(mine, world.sealingSecrets[0]);
});

test('a sender that floods the intake keeps nobody else waiting', async t => {
  const world = smallWorld();
  const { intake, workers } = fakeIntakeOf(world);
  t.teardown(() => intake.stop());
  const [each, lone] = transfers(world, 2);
  const flood = Array.from({ length: 5 * intakeBatchMax }, () => intake.open(1, each));
  await Promise.resolve();
  const [{ batches }] = workers;
  t.deepEqual(
    batches.map(({ questions }) => questions.length),
    Array(intakeBatchesMax).fill(intakeBatchMax),
  );
  const others = [2, 0].map(from => outcome(intake.open(from, lone)));
  workers[0].answer();
  const next = batches[intakeBatchesMax - 1].questions.slice(0, 3).map(({ from }) => from);
  t.deepEqual(next.sort(), [0, 1, 2]);
  for (let i = 0; i < intakeBatchesMax; i++) workers[0].answer();
  for (const answer of await Promise.all(others)) t.is(answer.length, 32);
  while (batches.length > 0) workers[0].answer();
  t.is((await Promise.all(flood)).length, 5 * intakeBatchMax);
});

test('what one turn brings is shared among idle threads', async t => {
  const world = smallWorld();
  const { intake, workers } = fakeIntakeOf(world, 2);
  t.teardown(() => intake.stop());
  const [each] = transfers(world, 1);
  const answers = Array.from({ length: 8 }, () => intake.open(1, each));
  await Promise.resolve();
  t.deepEqual(
    workers.map(({ batches }) => batches.map(({ questions }) => questions.length)),
    [[4], [4]],
  );
  for (const worker of workers) worker.answer();
  t.is((await Promise.all(answers)).length, 8);
});

test('a thread that leaves a question unanswered is ended, and the questions are asked again in their order', async t => {
  const world = smallWorld();
  const { intake, workers } = fakeIntakeOf(world);
  t.teardown(() => intake.stop());
  const all = transfers(world, 3);
  const answers = all.map(each => outcome(intake.open(1, each)));
  await Promise.resolve();
  const asked = workers[0].batches[0].questions;
  workers[0].answer(1);
  await until('there is another thread', () => workers[1]?.batches.length === 1);
  t.deepEqual(workers[1].batches[0].questions, asked);
  workers[1].answer();
  for (const answer of await Promise.all(answers)) t.is(answer.length, 32);
});

test('a batch is one buffer, and what is not one is refused', t => {
  const world = smallWorld();
  const questions = transfers(world, 3).map((each, from) => ({ from, unopened: each }));
  questions[1].unopened = { ...questions[1].unopened, packet: undefined, signed: undefined };
  const bytes = encodeQuestions(questions);
  t.is(bytes.byteLength, bytes.buffer.byteLength);
  t.deepEqual(decodeQuestions(bytes), questions);
  for (const spoiled of [bytes.slice(1), bytes.slice(0, -1), new Uint8Array(0)]) {
    t.throws(() => decodeQuestions(spoiled), { instanceOf: CovaultError });
  }
});
