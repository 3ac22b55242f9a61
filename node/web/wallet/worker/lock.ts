/**
 * One page at a time has the wallet open: two would each write down their own half of what was paid.
 *
 * The lock is the browser's (Web Locks), of this origin; it is free again when its page is gone, however that happens.
 */
const name = 'covault-wallet';

/** Holds the lock as long as this worker lives, if it is free. */
export function takeLock(): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(name, { ifAvailable: true }, lock => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise<never>(() => {});
    });
    held.catch(reject);
  });
}
