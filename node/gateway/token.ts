/** The token of an operator in a request. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** What stands after `Bearer`; empty where there is nothing of the kind. */
export function bearer(authorization: string | undefined): string {
  return /^Bearer (\S{1,512})$/.exec(authorization ?? '')?.[1] ?? '';
}

/** Hashed first, so that neither length nor content shows in the time it takes. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
