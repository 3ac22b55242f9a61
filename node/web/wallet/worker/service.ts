/**
 * The wallet behind the page: one `Wallet` of the library in a worker, with the browser's store, lock and network.
 *
 * All that is secret stays here: seed phrase (shown once, at creation), keys, passphrase, the randomness of payments. Here too
 * is all heavy work (scrypt, proofs, sealing, the checking of signatures), so that the page never stands still.
 *
 *     start -> create | importFile | unlock -> everything else
 *
 * Not here: locking again. The page ends this worker, and with it all it knew.
 */
import {
  type CallOptions,
  checkSeedPhrase,
  decodeClaim,
  decodeNetworkFile,
  encodeAddress,
  type Gateways,
  type Network,
  type NetworkFile,
  parseAmount,
  Wallet,
} from 'covault/wallet';
import { watchBanks } from './banks-watch.js';
import { takeLock } from './lock.js';
import { Payments } from './payments.js';
import { type FailureFacts, failureOf } from './rpc.js';
import type { Event, Job, KnownBalance, NetworkInfo, PaymentOrder, Snapshot, Start } from './types.js';
import { openVault, type Vault } from './vault.js';

/** How often the records are read while the page is open and nothing else reads them. */
const syncEveryMs = 10_000;

/** An error of this file, with a code as the library's have. */
const refusal = (code: string, message: string) => Object.assign(new Error(message), { code, facts: {} });

export class WalletService {
  readonly #tell: (event: Event) => void;
  #vault: Vault | undefined;
  /** The address under which this page's own bank is reached. */
  #base = '';
  #networkText = '';
  #file: NetworkFile | undefined;
  #wallet: Wallet | undefined;
  #payments: Payments | undefined;
  readonly #balances = new Map<number, KnownBalance>();
  readonly #asking = new Map<number, Promise<KnownBalance>>();
  readonly #failures = new Map<number, FailureFacts>();

  constructor(tell: (event: Event) => void) {
    this.#tell = tell;
  }

  /** First of all. `base`: the address of the gateway that serves the page. Throws STORE_LOCKED, UNREACHABLE, BAD_NETWORK_FILE. */
  async start(base: string): Promise<Start> {
    this.#base = base.replace(/\/+$/, '');
    if (!(await takeLock())) throw refusal('STORE_LOCKED', 'the wallet is open in another window');
    const vault = await openVault();
    this.#vault = vault;
    const hasWallet = (await vault.load()) !== undefined;
    const kept = hasWallet ? await vault.loadNetwork() : undefined;
    const served = await this.#servedNetwork();
    const text = kept ?? served;
    if (text === undefined) throw refusal('UNREACHABLE', 'this bank does not say which network it belongs to');
    const file = decodeNetworkFile(text);
    const other = served === undefined ? undefined : decodeNetworkFile(served);
    const isSame = other !== undefined && hex(other.network.id) === hex(file.network.id);
    // addresses of gateways may have changed since; who lies about them delays a wallet and does not deceive it
    this.#file = isSame ? { ...file, gateways: other.gateways } : file;
    this.#networkText = text;
    watchBanks(this.#file.network, this.#gateways, banks => this.#tell({ kind: 'banks', banks }));
    return { hasWallet, network: infoOf(file.network), servesOther: other !== undefined && !isSame };
  }

  /** Gives the seed phrase, this once. Throws BAD_PASSPHRASE, BAD_SEED_PHRASE, FILE_EXISTS. */
  async create(passphrase: string, words: 12 | 24, seedPhrase?: string): Promise<string> {
    const given = seedPhrase === undefined ? { words } : { seedPhrase };
    await this.#store.saveNetwork(this.#networkText);
    const wallet = await Wallet.create({ ...this.#options(passphrase), ...given });
    this.#begin(wallet);
    return wallet.seedPhrase;
  }

  /** A wallet file of the command line or of another browser. Throws BAD_PASSPHRASE, WRONG_NETWORK, MALFORMED, FILE_EXISTS. */
  async importFile(text: string, passphrase: string): Promise<void> {
    const store = this.#store;
    if ((await store.load()) !== undefined) throw refusal('FILE_EXISTS', 'there is a wallet in this browser already');
    const staged = { load: async () => text, save: (next: string) => store.save(next) };
    const wallet = await Wallet.open({ ...this.#options(passphrase), store: staged });
    await store.saveNetwork(this.#networkText);
    await store.save(text);
    this.#begin(wallet);
  }

  /** Throws BAD_PASSPHRASE, MALFORMED. */
  async unlock(passphrase: string): Promise<void> {
    this.#begin(await Wallet.open(this.#options(passphrase)));
  }

  /** The wallet file, encrypted, as it is kept. */
  async exportFile(): Promise<string> {
    return (await this.#store.load()) as string;
  }

  /** Removes the wallet from this browser. */
  async forget(): Promise<void> {
    await this.#store.clear();
  }

  /** Throws BAD_SEED_PHRASE. */
  checkSeedPhrase(text: string): void {
    checkSeedPhrase(text);
  }

  /** Whom an address or number means. Throws BAD_ADDRESS, UNKNOWN_ACCOUNT. */
  readPayee(text: string): { account: number; address: string } {
    const account = this.#open.accountOf(/^[0-9]+$/.test(text) ? Number(text) : text);
    return { account, address: encodeAddress(this.#network, account) };
  }

  /** In the smallest unit. Throws BAD_AMOUNT. */
  readAmount(text: string): bigint {
    return parseAmount(text, this.#network);
  }

  /** What a claim file says of itself. Throws MALFORMED. */
  readClaim(text: string): { account: number; balance: bigint } {
    const { account, balance } = decodeClaim(text);
    return { account, balance };
  }

  /** With a claim file, or a free and empty account. Gives its number. */
  async openAccount(claimText: string | undefined, label: string): Promise<number> {
    const claim = claimText === undefined ? undefined : decodeClaim(claimText);
    const { account } = await this.#open.openAccount({ claim, label, ...this.#progress('open') });
    this.#changed();
    void this.balance(account).catch(() => {});
    return account;
  }

  /** An account that this seed phrase has opened before: shown to be its own by a look-up. */
  async adoptAccount(text: string, label: string): Promise<number> {
    const account = this.#open.accountOf(/^[0-9]+$/.test(text) ? Number(text) : text);
    await this.#open.adoptAccount(account, label);
    this.#changed();
    await this.balance(account);
    return account;
  }

  /** Asks the banks; one look-up at a time for each account. */
  balance(account: number): Promise<KnownBalance> {
    const asking = this.#asking.get(account);
    if (asking) return asking;
    const run = this.#ask(account).finally(() => {
      this.#asking.delete(account);
      this.#changed();
    });
    this.#asking.set(account, run);
    this.#changed();
    return run;
  }

  async #ask(account: number): Promise<KnownBalance> {
    try {
      const { balance, height } = await this.#open.balance(account, this.#progress('balance'));
      const known = { balance, height, at: Date.now() };
      this.#balances.set(account, known);
      this.#failures.delete(account);
      return known;
    } catch (error) {
      this.#failures.set(account, failureOf(error));
      throw error;
    }
  }

  /** Resolves with the reference once the payment is on this device for good. */
  pay(order: PaymentOrder): Promise<string> {
    return (this.#payments as Payments).begin(order);
  }

  #options(passphrase: string) {
    const { network } = this.#file as NetworkFile;
    return { store: this.#store, passphrase, network, gateways: this.#gateways, bank: this.#base };
  }

  #begin(wallet: Wallet): void {
    this.#wallet = wallet;
    this.#payments = new Payments(
      wallet,
      () => this.#changed(),
      job => this.#decided(job),
    );
    this.#changed();
    this.#payments.resume();
    for (const { account, state } of wallet.accounts()) {
      const ready = state === 'open' ? Promise.resolve() : this.#finishOpening(account);
      void ready.then(() => this.balance(account)).catch(() => {});
    }
    void this.#keepReading(wallet);
  }

  /** An opening that an earlier page has begun. */
  async #finishOpening(account: number): Promise<void> {
    await this.#open.openAccount({ account, ...this.#progress('open') });
    this.#changed();
  }

  async #keepReading(wallet: Wallet): Promise<void> {
    for (;;) {
      await wallet.sync().catch(() => {}); // whoever is away is shown by the watch of the banks
      this.#changed();
      await new Promise(next => setTimeout(next, syncEveryMs));
    }
  }

  #decided({ phase, from, to }: Job): void {
    const own = this.#open.accounts().filter(({ state }) => state === 'open');
    if (phase !== 'settled') return;
    for (const { account } of own) if (account === from || account === to) void this.balance(account).catch(() => {});
  }

  async #servedNetwork(): Promise<string | undefined> {
    const answer = await fetch(`${this.#base}/v1/network`, { redirect: 'error' }).catch(() => undefined);
    return answer?.ok ? answer.text() : undefined;
  }

  #progress(task: string): Pick<CallOptions, 'onProgress'> {
    return { onProgress: progress => this.#tell({ kind: 'progress', task, progress }) };
  }

  #changed(): void {
    if (this.#wallet) this.#tell({ kind: 'snapshot', snapshot: this.#snapshot(this.#wallet) });
  }

  #snapshot(wallet: Wallet): Snapshot {
    const accounts = wallet.accounts().map(info => ({
      ...info,
      balance: this.#balances.get(info.account),
      isAsking: this.#asking.has(info.account),
      failure: this.#failures.get(info.account),
    }));
    const jobs = this.#payments?.jobs() ?? [];
    return { accounts, payments: wallet.payments(), jobs, height: wallet.height };
  }

  get #gateways(): Gateways {
    return (this.#file as NetworkFile).gateways;
  }

  get #network(): Network {
    return (this.#file as NetworkFile).network;
  }

  get #store(): Vault {
    return this.#vault as Vault;
  }

  get #open(): Wallet {
    if (!this.#wallet) throw refusal('STORE_LOCKED', 'the wallet is locked');
    return this.#wallet;
  }
}

function infoOf(network: Network): NetworkInfo {
  const { accounts, pageSize, scale, amountBits } = network;
  return { id: hex(network.id), banks: network.banks.map(({ name }) => name), accounts, pageSize, scale, amountBits };
}

const hex = (bytes: Uint8Array) => [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
