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
  decodeClaim,
  decodeNetworkFile,
  encodeAddress,
  type Gateways,
  type HistoryEntry,
  type HistoryRange,
  memoTextBytesMax,
  type Network,
  type NetworkFile,
  parseAmount,
  readPayee,
  type Statement,
  statementCsv,
  type ViewedBalance,
  viewBalance,
  Wallet,
} from 'covault/wallet';
import { hexOf } from '../../common/format.js';
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
  #isTelling = false;
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
    const isSame = other !== undefined && hexOf(other.network.id) === hexOf(file.network.id);
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

  /**
   * Whom an address or number means, and whether a message can be sealed to them: by the long kind of address, or to an own
   * account. Throws BAD_ADDRESS, UNKNOWN_ACCOUNT.
   */
  readPayee(text: string): { account: number; address: string; takesMemo: boolean } {
    const { account, memoKey } = readPayee(this.#network, text.toLowerCase());
    const own = this.#open.accounts().find(known => known.account === account);
    const address = own?.address ?? encodeAddress(this.#network, account, memoKey);
    return { account, address, takesMemo: own !== undefined || memoKey !== undefined };
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
      this.#failures.delete(account);
      return { balance, height, at: Date.now() };
    } catch (error) {
      this.#failures.set(account, failureOf(error));
      throw error;
    }
  }

  /** Resolves with the reference once the payment is on this device for good. */
  pay(order: PaymentOrder): Promise<string> {
    return (this.#payments as Payments).begin(order);
  }

  /** Newest first. Asks no bank. */
  history(range: HistoryRange): HistoryEntry[] {
    return this.#open.history(range);
  }

  /** Of one account, `from` <= time < `to`; with the same as a file for book-keeping. */
  statement(account: number, from: number | undefined, to: number | undefined): Statement & { readonly csv: string } {
    const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    const statement = this.#open.statement({ account, ...range });
    return { ...statement, csv: statementCsv(statement, this.#network) };
  }

  /** A viewing code for this account, as a link into this bank's own pages. */
  async giveConsent(account: number, label: string): Promise<string> {
    const { link } = await this.#open.giveConsent({ account, label });
    this.#changed();
    return `${this.#base}/wallet/#${link}`;
  }

  /** Ends all codes of the account. What is being asked under its old keys is answered first. */
  async withdrawConsent(account: number): Promise<void> {
    await this.#asking.get(account)?.catch(() => {});
    const run = this.#open.withdrawConsent(account, this.#progress('withdraw'));
    await run.finally(() => this.#changed());
  }

  /** Somebody else's balance, for whoever has the code. Needs no wallet and no `start`; keeps nothing. */
  async view(base: string, code: string): Promise<ViewedBalance & { readonly scale: number; readonly at: number }> {
    this.#base = base.replace(/\/+$/, '');
    const served = await this.#servedNetwork();
    if (served === undefined) throw refusal('UNREACHABLE', 'this bank does not say which network it belongs to');
    const { network, gateways } = decodeNetworkFile(served);
    const seen = await viewBalance(code, { network, gateways, bank: this.#base, ...this.#progress('view') });
    return { ...seen, scale: network.scale, at: Date.now() };
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
    const withdrawing = wallet.consents().filter(({ state }) => state === 'withdrawing');
    for (const account of new Set(withdrawing.map(consent => consent.account))) {
      void this.withdrawConsent(account).catch(() => {});
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
      await this.#receive(wallet).catch(() => {}); // whoever is away is shown by the watch of the banks
      this.#changed();
      await new Promise(next => setTimeout(next, syncEveryMs));
    }
  }

  /** Reads the new records, and looks through them for what was paid to own accounts. */
  async #receive(wallet: Wallet): Promise<void> {
    await wallet.sync();
    for (let isOver = false; !isOver; ) {
      const { height, of, found } = await wallet.receive();
      isOver = height >= of;
      if (found === 0) continue;
      this.#changed();
      for (const { account, state } of wallet.accounts()) if (state === 'open') void this.#askAnew(account);
    }
  }

  #decided({ phase, from, to }: Job): void {
    if (phase !== 'settled') return;
    for (const { account, state } of this.#open.accounts()) {
      if (state === 'open' && (account === from || account === to)) void this.#askAnew(account);
    }
  }

  /** A look-up that began before may show what was before: it does not count. */
  async #askAnew(account: number): Promise<void> {
    await this.#asking.get(account)?.catch(() => {});
    await this.balance(account).catch(() => {});
  }

  async #servedNetwork(): Promise<string | undefined> {
    const answer = await fetch(`${this.#base}/v1/network`, { redirect: 'error' }).catch(() => undefined);
    return answer?.ok ? answer.text() : undefined;
  }

  #progress(task: string): Pick<CallOptions, 'onProgress'> {
    return { onProgress: progress => this.#tell({ kind: 'progress', task, progress }) };
  }

  /** What changes together is told once. */
  #changed(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(() => {
      this.#isTelling = false;
      if (this.#wallet) this.#tell({ kind: 'snapshot', snapshot: this.#snapshot(this.#wallet) });
    }, 20);
  }

  #snapshot(wallet: Wallet): Snapshot {
    const history = wallet.history();
    const accounts = wallet.accounts().map(info => ({
      ...info,
      balance: lastBalance(history, info.account),
      isAsking: this.#asking.has(info.account),
      failure: this.#failures.get(info.account),
    }));
    const jobs = this.#payments?.jobs() ?? [];
    return { accounts, history: history.slice(0, 100), consents: wallet.consents(), jobs, height: wallet.height };
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

/** What the last look-up showed, also one of another day. */
function lastBalance(history: readonly HistoryEntry[], account: number): KnownBalance | undefined {
  const last = history.find(entry => entry.kind === 'balance' && entry.account === account);
  return last?.kind === 'balance' ? { balance: last.balance, height: last.height, at: last.time } : undefined;
}

function infoOf(network: Network): NetworkInfo {
  const { id, banks, pageSize, scale } = network;
  return { id: hexOf(id), banks: banks.map(({ name }) => name), pageSize, scale, memoBytesMax: memoTextBytesMax };
}
