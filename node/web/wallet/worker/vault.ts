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
  /** Forgets both, and keeps nothing more: what is saved after it, or while it is under way, rejects. */
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
  let isCleared = false;
  const keep = async (key: Key, text: string) => {
    // a look-up that was under way would write the removed wallet back
    if (isCleared) throw new Error('the wallet was removed from this browser');
    await change(store => store.put(text, key));
  };
  const clear = async () => {
    isCleared = true;
    try {
      await change(store => store.clear());
    } catch (error) {
      isCleared = false;
      throw error;
    }
  };
  return {
    load: () => load('wallet'),
    save: text => keep('wallet', text),
    loadNetwork: () => load('network'),
    saveNetwork: text => keep('network', text),
    clear,
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
