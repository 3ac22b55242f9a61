/** A wallet's end of a submission session, before gateways that say anything at all. */
import test from 'ava';
import fc from 'fast-check';
import { concatBytes } from '../../../src/crypto/index.js';
import { decodeSubmission, encodeSubmissionReply, type SubmissionReply } from '../../../src/envelope/index.js';
import type { SubmissionEvents } from '../../../src/wallet/index.js';
import { SubmissionLink, type SubmissionNews } from '../../../src/wallet/submission-link.js';
import { quickClock } from './wallets.js';

/** A gateway that says what a test tells it to. */
function gateway() {
  const heard: Uint8Array[] = [];
  let events: SubmissionEvents | undefined;
  let hungUp = 0;
  const news: [string, SubmissionNews][] = [];
  const at = { url: '', closed: 0 };
  const opening = () =>
    SubmissionLink.open(
      'https://bank.test',
      (url, on) => {
        at.url = url;
        events = on;
        return { send: bytes => void heard.push(bytes), close: () => void hungUp++ };
      },
      quickClock,
      { news: (name, one) => void news.push([name, one]), closed: () => void at.closed++ },
    );
  const say = (reply: SubmissionReply | Uint8Array) =>
    events?.message(reply instanceof Uint8Array ? reply : encodeSubmissionReply(reply));
  const opened = async (window: number) => {
    const link = opening();
    say({ kind: 'welcome', window });
    return link;
  };
  return { at, heard, news, opening, opened, say, hangUp: () => events?.closed(), hungUp: () => hungUp };
}

const id = new Uint8Array(32);

test('envelopes are numbered and sent while there is room; an end gives room back', async t => {
  const bank = gateway();
  const link = await bank.opened(2);
  t.is(bank.at.url, 'wss://bank.test/v1/submissions');
  link.send('a', Uint8Array.of(1));
  link.send('b', Uint8Array.of(2));
  t.deepEqual(bank.heard.map(decodeSubmission), [
    { number: 0, envelope: Uint8Array.of(1) },
    { number: 1, envelope: Uint8Array.of(2) },
  ]);
  t.is(link.room, 0);
  t.throws(() => link.send('c', Uint8Array.of(3)), { message: /window/ });
  bank.say({ kind: 'accepted', number: 1, id });
  bank.say({ kind: 'news', number: 1, state: 'recorded', height: 3 });
  t.is(link.room, 0);
  bank.say({ kind: 'news', number: 1, state: 'final', height: 3 });
  bank.say({ kind: 'refused', number: 0, code: 'POOL_FULL', message: 'full' });
  t.is(link.room, 2);
  t.deepEqual(
    bank.news.map(([name, { kind }]) => [name, kind]),
    [
      ['b', 'accepted'],
      ['b', 'news'],
      ['b', 'news'],
      ['a', 'refused'],
    ],
  );
});

test('nobody, no welcome in time, or anything before it: unreachable', async t => {
  const nobody = gateway();
  const refused = nobody.opening();
  nobody.hangUp();
  await t.throwsAsync(refused, { code: 'UNREACHABLE' });
  t.is(nobody.at.closed, 0);
  const early = gateway();
  const rude = early.opening();
  early.say({ kind: 'accepted', number: 0, id });
  await t.throwsAsync(rude, { code: 'UNREACHABLE' });
  const silent = gateway();
  const slow = { ...quickClock, after: (_: number, call: () => void) => quickClock.after(1, call) };
  const never = SubmissionLink.open('http://b.test', () => ({ send: () => t.fail(), close: () => {} }), slow, {
    news: () => t.fail(),
    closed: () => t.fail(),
  });
  await t.throwsAsync(never, { code: 'UNREACHABLE' });
  t.is(silent.hungUp(), 0);
});

test('a second welcome, news of nothing, news after the end, and bytes that mean nothing end the session', async t => {
  const cases: (SubmissionReply | Uint8Array)[] = [
    { kind: 'welcome', window: 2 },
    { kind: 'accepted', number: 1, id },
    new Uint8Array(0),
    Uint8Array.of(9),
    concatBytes(encodeSubmissionReply({ kind: 'accepted', number: 0, id }), Uint8Array.of(0)),
  ];
  for (const reply of cases) {
    const bank = gateway();
    const link = await bank.opened(2);
    link.send('a', Uint8Array.of(1));
    bank.say(reply);
    t.false(link.isOpen);
    t.is(link.room, 0);
    t.deepEqual([bank.at.closed, bank.hungUp()], [1, 1]);
    bank.say({ kind: 'accepted', number: 0, id });
    t.deepEqual(bank.news, [], 'nothing is heard after the end');
  }
  const twice = gateway();
  const link = await twice.opened(2);
  link.send('a', Uint8Array.of(1));
  twice.say({ kind: 'news', number: 0, state: 'final', height: 1 });
  twice.say({ kind: 'news', number: 0, state: 'final', height: 1 });
  t.false(link.isOpen);
});

test('whatever a gateway says, a wallet only hears news of what it has sent', async t => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 }), async replies => {
      const bank = gateway();
      const link = await bank.opened(3);
      link.send('a', Uint8Array.of(1));
      for (const reply of replies) bank.say(reply);
      t.true(bank.news.every(([name]) => name === 'a'));
      t.true(bank.at.closed <= 1);
    }),
    { numRuns: 300 },
  );
});
