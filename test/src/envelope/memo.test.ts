/** Memos: sealed to one payee, of one length, and blank ones that look alike. */
import test from 'ava';
import { sealTo, seededRandom, utf8, x25519 } from '../../../src/crypto/index.js';
import {
  blankMemo,
  checkMemoText,
  type MemoContent,
  openMemo,
  receiptMask,
  sealMemo,
} from '../../../src/envelope/index.js';
import { isCode } from '../../../src/errors.js';
import { memoBytes, memoTextBytesMax } from '../../../src/limits.js';

const random = seededRandom(utf8('memos'));
const [secret, other] = [random.bytes(32), random.bytes(32)];
const networkId = random.bytes(32);
const content: MemoContent = { seed: random.bytes(16), theta: 1n, amount: 1_250n, text: 'thanks, René' };
const sealed = (over: Partial<MemoContent> = {}) =>
  sealMemo(networkId, x25519.publicKey(secret), { ...content, ...over }, random);

test('a payee opens its memo, nobody else does, and no network but its own has it', t => {
  const memo = sealed();
  t.deepEqual(openMemo(networkId, secret, memo), content);
  t.is(openMemo(networkId, other, memo), undefined);
  t.is(openMemo(random.bytes(32), secret, memo), undefined);
  for (const at of [0, 31, 32, 100, memoBytes - 1]) {
    t.is(
      openMemo(
        networkId,
        secret,
        memo.map((byte, i) => (i === at ? byte ^ 1 : byte)),
      ),
      undefined,
    );
  }
});

test('all memos have one length, whatever they say or do not say', t => {
  const texts = ['', 'x', 'x'.repeat(memoTextBytesMax)];
  for (const text of texts) {
    t.is(sealed({ text }).length, memoBytes);
    t.is(openMemo(networkId, secret, sealed({ text }))?.text, text);
  }
  t.is(blankMemo(random).length, memoBytes);
  t.is(openMemo(networkId, secret, blankMemo(random)), undefined);
});

test('a blank memo begins with a point of the curve, as every other does', t => {
  // the twist has as many: what is random bytes is no point half of the time
  const curve = (memo: Uint8Array) => isOnCurve(memo.slice(0, 32));
  t.true(Array.from({ length: 24 }, () => blankMemo(random)).every(curve));
  t.true(Array.from({ length: 24 }, () => sealed()).every(curve));
  t.false(Array.from({ length: 24 }, () => random.bytes(memoBytes)).every(curve), 'the test can tell');
});

/** v^2 = u^3 + 486662 u^2 + u has a solution mod 2^255 - 19 (RFC 7748, section 4.1), by Euler's criterion. */
function isOnCurve(bytes: Uint8Array): boolean {
  const q = (1n << 255n) - 19n;
  const u = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) & ((1n << 255n) - 1n);
  const square = (((u + 486_662n) * u + 1n) * u) % q;
  let [power, base] = [1n, square];
  for (let e = (q - 1n) / 2n; e > 0n; e >>= 1n) {
    if (e & 1n) power = (power * base) % q;
    base = (base * base) % q;
  }
  return bytes[31] < 128 && power === 1n;
}

test('what is sealed to a payee and is no memo is none', t => {
  const plain = (change: (bytes: Uint8Array) => void) => {
    const bytes = new Uint8Array(112);
    bytes[16] = 1;
    bytes[25] = 2;
    bytes.set(utf8('ab'), 26);
    change(bytes);
    return sealTo(x25519.publicKey(secret), bytes, networkId, utf8('covault/memo'), random);
  };
  t.is(
    openMemo(
      networkId,
      secret,
      plain(() => {}),
    )?.text,
    'ab',
  );
  const spoils: ((bytes: Uint8Array) => void)[] = [
    bytes => bytes.set([2], 16),
    bytes => bytes.set([87], 25),
    bytes => bytes.set([1], 111),
    bytes => bytes.set([0xff], 26),
  ];
  for (const spoil of spoils) t.is(openMemo(networkId, secret, plain(spoil)), undefined);
  const short = sealTo(x25519.publicKey(secret), new Uint8Array(40), networkId, utf8('covault/memo'), random);
  t.is(openMemo(networkId, secret, short), undefined);
  t.is(openMemo(networkId, secret, new Uint8Array(3)), undefined);
});

test('the mask of a receipt follows from seed and text, and from nothing less', t => {
  const mask = receiptMask(content);
  t.is(receiptMask({ ...content }), mask);
  t.not(receiptMask({ ...content, text: 'thanks, Rene' }), mask);
  t.not(receiptMask({ ...content, seed: random.bytes(16) }), mask);
});

test('texts that do not fit are refused before anything is sealed', t => {
  t.is(checkMemoText('é'.repeat(43)), 'é'.repeat(43));
  for (const text of ['é'.repeat(44), 'x'.repeat(87), '\ud800']) {
    t.true(
      isCode(
        t.throws(() => checkMemoText(text)),
        'OVERSIZED',
      ),
    );
  }
});
