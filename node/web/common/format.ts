/** Amounts, lists and numbers of banks, as people read them on both pages. */

/** A narrow space that does not break. */
const thinSpace = '\u202f';

/** 1234567n at scale 2: '12 345.67'. */
export function money(amount: bigint, scale: number, separator = thinSpace): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(scale + 1, '0');
  const whole = grouped(scale === 0 ? digits : digits.slice(0, -scale), separator);
  const sign = amount < 0n ? '\u2212' : '';
  return scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-scale)}`;
}

export const grouped = (digits: string, separator = thinSpace) => digits.replace(/\B(?=(?:\d{3})+$)/g, separator);

export const hexOf = (bytes: Uint8Array) => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');

/** 'a', 'a and b', 'a, b and c'. */
export const listed = (names: readonly string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

const numberWords = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven'];

/** 'two', up to the seven banks that a network may have. */
export const inWords = (count: number) => numberWords[count] ?? `${count}`;

/** 'both banks', 'all three banks'. */
export const allBanks = (count: number) => (count === 2 ? 'both banks' : `all ${inWords(count)} banks`);

/** As a sentence begins. */
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
