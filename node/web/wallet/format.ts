/** Addresses, heights and times as people read them. */

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

/** An account's own name, or its number. */
export const accountName = ({ account, label }: { account: number; label: string }) => label || `Account ${account}`;
