/**
 * Where the browser keeps the wallet: two texts in IndexedDB, the sealed wallet file and the network file it belongs to.
 *
 * A save is durable when its promise resolves (transactions with strict durability), as the wallet's store must be: money
 * is sent only afterwards. What lies here is what the command line keeps in files; the wallet's text is encrypted by the
 * library under the passphrase.
 */
import type { WalletStore } from 'covault/wallet';

const databaseName = 'covault-wallet';
const storeName = 'texts';
type Key = 'wallet' | 'network';

export interface Vault extends WalletStore {
  loadNetwork(): Promise<string | undefined>;
  saveNetwork(text: string): Promise<void>;
  /** Forgets both. */
  clear(): Promise<void>;
}

export async function openVault(): Promise<Vault> {
  const database = await openDatabase();
  const load = (key: Key) =>
    done<string | undefined>(database.transaction(storeName, 'readonly').objectStore(storeName).get(key));
  const change = (make: (store: IDBObjectStore) => void) =>
    new Promise<void>((resolve, reject) => {
      const transaction = database.transaction(storeName, 'readwrite', { durability: 'strict' });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('the browser kept nothing'));
      make(transaction.objectStore(storeName));
    });
  return {
    load: () => load('wallet'),
    save: text => change(store => store.put(text, 'wallet')),
    loadNetwork: () => load('network'),
    saveNetwork: text => change(store => store.put(text, 'network')),
    clear: () => change(store => store.clear()),
  };
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseName, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName);
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
