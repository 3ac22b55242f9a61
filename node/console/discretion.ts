/**
 * What of a bank's figures the console shows, and how roughly. Nothing here is a secret from the bank: protocol.md, section 1,
 * says what the banks know. But a console hangs on walls, stands in screenshots, and remembers a day.
 *
 * What would point at a holder, and what is done about it:
 *     one envelope at one time   On a quiet network "one payment at 14:03:07" is somebody's payment. Counts are of minutes; one
 *                                to four are `few`, whatever they are of; totals move in steps of five. No record has a time.
 *     one page, one account      At K = 1 a page is an account. No count by page or account, no kind, page or sponsor of an
 *                                envelope that waits: the console knows none of them. Records say which accounts were opened:
 *                                they are public, and are shown as they are.
 *     one address                Clients of the gateway appear nowhere.
 *     the stock                  A payment takes a known number of elements: levels have two digits.
 *     the disk                   A record has some hundred bytes: sizes are whole megabytes.
 *     the day on the disk        `day-file.ts` keeps the exact counts of each minute: for the bank's owner alone, beside its keys,
 *                                and for a day.
 *     heights, links, phases     As they are. A quiet network's height moves with a single payment; anybody may ask a gateway
 *                                for it, and operators need it. So may anybody who reaches /metrics and /v1/status see the
 *                                exact counters: the operator's guide keeps those from the world.
 */

/** A count as it is shown: 0, `few` for one to four, or the number. */
export type RoughCount = number | 'few';

const fewBelow = 5;

export function rough(count: number): RoughCount {
  return count > 0 && count < fewBelow ? 'few' : count;
}

/** A sum that grows: in steps, so that its growth says no more than the minutes do. */
export function roughTotal(count: number): RoughCount {
  return rough(count < fewBelow ? count : Math.floor(count / fewBelow) * fewBelow);
}

const megabyte = 1e6;

/** What is free, and what is taken: in whole megabytes, either rounded so that it says no more than there is room for. */
export const freeMegabytes = (bytes: number): number => Math.floor(bytes / megabyte) * megabyte;
export const takenMegabytes = (bytes: number): number => Math.ceil(bytes / megabyte) * megabyte;

/** Two digits: 1,234,567 is 1,200,000. */
export function twoDigits(value: number): number {
  return value === 0 ? 0 : Number(value.toPrecision(2));
}
