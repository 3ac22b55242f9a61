/**
 * Every key of a wallet, from one seed phrase.
 *
 *     phrase    BIP-39, 12 or 24 English words; seed = PBKDF2 of it (64 bytes)
 *     account   deriveKey(seed, label of the use, network id, account number; once replaced, how often): keys of two accounts,
 *               of two networks or of two uses tell nothing of each other
 *     K > 1     keys are field elements, uniform in [1, p): 0 is what a closed slot holds
 *     K = 1     keys are Ed25519 seeds, their public halves stand in the account table
 *
 * A claim key is no key of a wallet: genesis names it before there is a wallet; see `claim.ts`.
 */
import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { Writer } from '../codec/index.js';
import { deriveKey, ed25519 } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import { maskToField } from '../field/index.js';
import type { Network } from '../network/index.js';
import type { Randomness } from '../ports.js';

/** Words of a seed phrase: 128 or 256 bits. */
export type WordCount = 12 | 24;

export type AccountKeys =
  /** K > 1. */
  | { readonly kind: 'shared'; readonly spending: bigint; readonly viewing: bigint }
  /** K = 1: Ed25519 seeds, and what an `open` publishes. */
  | {
      readonly kind: 'public';
      readonly spendingSeed: Uint8Array;
      readonly viewingSeed: Uint8Array;
      readonly publicKeys: { readonly spending: Uint8Array; readonly viewing: Uint8Array };
    };

/** A new seed phrase (BIP-39, English), with spaces between its words. A secret. */
export function newSeedPhrase(random: Randomness, words: WordCount = 12): string {
  return entropyToMnemonic(random.bytes((words * 4) / 3), wordlist);
}

/** As it is kept: lower case, single spaces. Throws BAD_SEED_PHRASE. */
export function checkSeedPhrase(text: string): string {
  const words = text.normalize('NFKD').trim().toLowerCase().split(/\s+/);
  if (words.length !== 12 && words.length !== 24) {
    throw new CovaultError('BAD_SEED_PHRASE', 'a seed phrase has 12 or 24 words', { words: words.length });
  }
  const strange = words.findIndex(word => !wordlist.includes(word));
  if (strange >= 0) {
    throw new CovaultError('BAD_SEED_PHRASE', `word ${strange + 1} is not in the word list`, { word: strange + 1 });
  }
  const phrase = words.join(' ');
  if (!validateMnemonic(phrase, wordlist)) {
    throw new CovaultError('BAD_SEED_PHRASE', 'the words do not fit together: one is wrong, or their order');
  }
  return phrase;
}

/** 64 bytes. Cost: 2048 rounds of HMAC-SHA512; keep the result. */
export function seedOf(phrase: string): Uint8Array {
  return mnemonicToSeedSync(checkSeedPhrase(phrase));
}

/** `version`: how often the account's keys have been replaced. */
export function accountKeys(
  seed: Uint8Array,
  network: Pick<Network, 'id' | 'pageSize'>,
  account: number,
  version = 0,
): AccountKeys {
  const replaced = version === 0 ? [] : [new Writer(4).u32(version).done()];
  const of = (use: 'spending' | 'viewing', tweak = 0) =>
    deriveKey(seed, `covault/wallet/${use}`, network.id, new Writer(8).u32(account).u32(tweak).done(), ...replaced);
  if (network.pageSize > 1) {
    return { kind: 'shared', spending: nonzero(i => of('spending', i)), viewing: nonzero(i => of('viewing', i)) };
  }
  const [spendingSeed, viewingSeed] = [of('spending'), of('viewing')];
  const publicKeys = { spending: ed25519.publicKey(spendingSeed), viewing: ed25519.publicKey(viewingSeed) };
  return { kind: 'public', spendingSeed, viewingSeed, publicKeys };
}

/**
 * X25519, for memos to an account. Its public half stands in the account's address, so it stays when other keys are replaced;
 * nobody is ever given it.
 */
export function memoSecret(seed: Uint8Array, network: Pick<Network, 'id'>, account: number): Uint8Array {
  return deriveKey(seed, 'covault/wallet/memo', network.id, new Writer(4).u32(account).done());
}

/** Uniform in [1, p): drawn again while it is 0, as which p is read too. */
function nonzero(draw: (i: number) => Uint8Array): bigint {
  for (let i = 0; ; i++) {
    const [element] = maskToField(draw(i).slice(0, 8));
    if (element !== 0n) return element;
  }
}
