/** Amounts, addresses, heights and times as people read them. */

/** 1234567n at scale 2: '12 345.67', with narrow spaces that do not break. */
export function money(amount: bigint, scale: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(scale + 1, '0');
  const whole = grouped(scale === 0 ? digits : digits.slice(0, -scale));
  const sign = amount < 0n ? '\u2212' : '';
  return scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-scale)}`;
}

export const grouped = (digits: string) => digits.replace(/\B(?=(?:\d{3})+$)/g, '\u202f');

/** In groups of four, for reading aloud and comparing. */
export const inGroups = (text: string) => text.match(/.{1,4}/g) ?? [];

/** The two ends: 'cov1q…h7k2'. */
export const shortAddress = (address: string) =>
  address.length <= 16 ? address : `${address.slice(0, 9)}…${address.slice(-6)}`;

const sameDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const otherDay = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const dayOnly = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });

export function timeOf(ms: number, now = Date.now()): string {
  const isToday = new Date(ms).toDateString() === new Date(now).toDateString();
  return isToday ? `today, ${sameDay.format(ms)}` : otherDay.format(ms);
}

export const dayOf = (ms: number) => dayOnly.format(ms);

/** 'a', 'a and b', 'a, b and c'. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const numberWords = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven'];

/** 'two', up to the seven banks that a network may have. */
export const inWords = (count: number) => numberWords[count] ?? `${count}`;

/** 'both banks', 'all three banks'. */
export const allBanks = (count: number) => (count === 2 ? 'both banks' : `all ${inWords(count)} banks`);

/** An account's own name, or its number. */
export const accountName = ({ account, label }: { account: number; label: string }) => label || `Account ${account}`;
