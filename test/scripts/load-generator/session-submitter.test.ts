/** Payment processors against gateways that refuse, forget and go away. */
import test, { type ExecutionContext } from 'ava';
import { type Gateway, startGateway } from '../../../node/gateway/index.js';
import type { Made } from '../../../scripts/load-generator/envelope-maker.js';
import { SessionSubmitter } from '../../../scripts/load-generator/session-submitter.js';
import type { EnvelopeState } from '../../../src/bank/index.js';
import { CovaultError, type ErrorCode } from '../../../src/errors.js';
import { submissionWindow } from '../../../src/limits.js';
import { FakeBank, memoryLog } from '../../node/gateway/fake-bank.js';

/** Takes what it is not told to refuse; all that it took has the state that it is told. */
class Bank extends FakeBank {
  refusals: ErrorCode[] = [];
  state: EnvelopeState = { state: 'final', height: 1 };
  #go = () => {};

  override async submit(envelope: Uint8Array): Promise<Uint8Array> {
    this.submitted.push(envelope);
    const code = this.refusals.shift();
    if (code) throw new CovaultError(code, 'as it was told');
    return new Uint8Array(32).fill(envelope[0]);
  }

  say(state: EnvelopeState): void {
    this.state = state;
    this.#go();
  }

  override async envelopeChange(_id: Uint8Array, known: string, _ms: number, signal: AbortSignal) {
    while (this.state.state === known && !signal.aborted) {
      await new Promise<void>(next => {
        const before = this.#go;
        this.#go = () => {
          before();
          next();
        };
        signal.addEventListener('abort', () => next());
      });
    }
    return this.state;
  }

  /** Whether so many have arrived. */
  async has(count: number): Promise<void> {
    while (this.submitted.length < count) await new Promise(next => setTimeout(next, 5));
  }
}

async function world(t: ExecutionContext, submitters: number, count = 2) {
  const banks = Array.from({ length: count }, () => new Bank());
  const gateways: Gateway[] = [];
  for (const bank of banks) {
    const gateway = await startGateway(bank, { host: '127.0.0.1', port: 0, networkFile: '{}', log: memoryLog() });
    gateways.push(gateway);
    t.teardown(() => gateway.stop());
  }
  const submitter = new SessionSubmitter(
    gateways.map(({ url }) => url),
    submitters,
  );
  t.teardown(() => submitter.close());
  return { banks, gateways, submitter };
}

const made = (first: number, submitter: number | undefined): Made => ({
  intent: { kind: 'transfer', from: 0, to: 1, amount: 1n },
  id: new Uint8Array(32).fill(first),
  bytes: Uint8Array.of(first, 7),
  secret: 0n,
  submitter,
});

test('every submitter has a session with its bank, and a lone envelope goes with any', async t => {
  const { banks, submitter } = await world(t, 2);
  const all = [made(1, 0), made(2, 1), made(3, 1), made(4, undefined)];
  t.deepEqual(await Promise.all(all.map(each => submitter.submit(each))), ['final', 'final', 'final', 'final']);
  t.deepEqual(banks[0].submitted, [all[0].bytes, all[3].bytes]);
  t.deepEqual(banks[1].submitted, [all[1].bytes, all[2].bytes]);
  t.deepEqual([submitter.refusals, submitter.resent], [0, 0]);
});

test('what is refused for now is counted and handed in again; what was there before is left to the records', async t => {
  const { banks, submitter } = await world(t, 1);
  banks[0].refusals = ['POOL_FULL', 'RATE_LIMITED', 'SEEN_BEFORE'];
  t.is(await submitter.submit(made(1, 0)), 'taken');
  t.is(banks[0].submitted.length, 3);
  t.is(submitter.refusals, 2);
});

test('an envelope that a bank refuses as wrong fails', async t => {
  const { banks, submitter } = await world(t, 1);
  banks[0].refusals = ['BAD_SIGNATURE'];
  await t.throwsAsync(submitter.submit(made(1, 0)), { message: /bank 1 refuses an envelope: BAD_SIGNATURE/ });
});

test('what a bank has forgotten is counted and handed in again, the same bytes', async t => {
  const { banks, submitter } = await world(t, 1);
  banks[0].state = { state: 'unknown' };
  const submitting = submitter.submit(made(1, 0));
  await banks[0].has(2);
  banks[0].say({ state: 'final', height: 3 });
  t.is(await submitting, 'final');
  t.true(submitter.resent >= 1);
  t.true(banks[0].submitted.every(bytes => bytes[0] === 1 && bytes[1] === 7));
});

test('a session that is lost goes on at the next bank, with all that was on the way', async t => {
  const { banks, gateways, submitter } = await world(t, 1);
  banks[0].state = { state: 'pending' };
  const submitting = [1, 2, 3].map(first => submitter.submit(made(first, 0)));
  await banks[0].has(3);
  await gateways[0].stop();
  t.deepEqual(await Promise.all(submitting), ['final', 'final', 'final']);
  t.deepEqual(
    banks[1].submitted.map(bytes => bytes[0]),
    [1, 2, 3],
  );
  t.is(submitter.resent, 3);
});

test('no more than the window is on the way; the rest follows as it empties', async t => {
  const { banks, submitter } = await world(t, 1);
  banks[0].state = { state: 'pending' };
  const submitting = Array.from({ length: submissionWindow + 5 }, (_, i) => {
    const { id, ...rest } = made(1, 0);
    return submitter.submit({ ...rest, id: id.map((byte, at) => (at === 0 ? i >> 8 : at === 1 ? i & 255 : byte)) });
  });
  await banks[0].has(submissionWindow);
  await new Promise(next => setTimeout(next, 50));
  t.is(banks[0].submitted.length, submissionWindow);
  banks[0].say({ state: 'final', height: 1 });
  await Promise.all(submitting);
  t.is(banks[0].submitted.length, submissionWindow + 5);
  t.is(submitter.resent, 0);
});

test('with no bank there it waits, and fails when it is closed', async t => {
  const { gateways, submitter } = await world(t, 1, 1);
  await gateways[0].stop();
  const submitting = submitter.submit(made(1, 0));
  await new Promise(next => setTimeout(next, 120));
  submitter.close();
  await t.throwsAsync(submitting, { message: /over/ });
});
