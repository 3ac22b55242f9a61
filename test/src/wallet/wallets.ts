/** Wallets over fake banks, quick: a cheap scrypt, a clock whose pauses are short, a store in memory. */
import type { Clock } from '../../../src/ports.js';
import { Wallet, type WalletOptions, type WalletStore } from '../../../src/wallet/index.js';
import { FakeBanks, type FakeOptions } from '../../harness/fake-bank.js';

export const cheap = { N: 2, r: 1, p: 1 };

/** Short waits pass at once; the long ones, which are time-outs, do not happen. */
export const quickClock: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms < 2_000 ? 1 : ms);
    return () => clearTimeout(timer);
  },
};

export interface MemoryWalletStore extends WalletStore {
  text: string | undefined;
  saves: number;
  /** Called before a text is taken; may throw instead. */
  onSave: (saves: number) => void;
}

export function memoryWalletStore(text?: string): MemoryWalletStore {
  return {
    text,
    saves: 0,
    onSave: () => {},
    async load() {
      return this.text;
    },
    async save(next) {
      this.onSave(++this.saves);
      this.text = next;
    },
  };
}

export interface Setting {
  readonly banks: FakeBanks;
  readonly store: MemoryWalletStore;
  readonly options: WalletOptions;
  readonly wallet: Wallet;
}

/** A wallet in which all accounts that genesis funds are open. */
export async function setting(
  fake: FakeOptions = { balances: [100n, 50n, 0n, 0n] },
  more: Partial<WalletOptions> = {},
): Promise<Setting> {
  const banks = new FakeBanks(fake);
  const store = memoryWalletStore();
  const options: WalletOptions = {
    store,
    passphrase: 'correct horse',
    network: banks.network,
    gateways: banks.gateways,
    fetch: banks.fetch,
    connect: banks.connect,
    clock: quickClock,
    unreachableMs: 30,
    ...more,
  };
  const wallet = await Wallet.create({ ...options, cost: cheap });
  for (const { account } of banks.network.funded) await wallet.openAccount({ claim: banks.claim(account) });
  return { banks, store, options, wallet };
}
