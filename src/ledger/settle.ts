/**
 * A block, message by message: from envelopes all banks hold to statuses, and to what this bank will append.
 *
 *     commit   corrections of x towards every bank; E = e - u, key column - M
 *     coin     coin share; k_i of every envelope; eps of every presented key
 *     prove    the checks of section 6; z; the block's consistency opening
 *     wave     (K > 1: balance column - M, in wave 1 of reveals too), c with the reveals' y in wave 1, tree levels, w
 *     audit    the sum of all balances
 *
 * The first three read no balance: they may run while the block before is still computed (`Block.balances`).
 * Message 1 (propose) came before, the record's signature comes after: both are the agreement's. An envelope rejected at
 * `prove` leaves its place empty, for every bank alike, and nothing else is ever computed from it.
 *
 * Cost: 3 messages, 7 a wave (8 for K > 1), 1 where no wave runs, 1 for audits. Stock: `stockFor`.
 *
 * Source: protocol.md, sections 6 to 9.
 */
import { concatBytes, equalBytes } from '../crypto/index.js';
import { type Kind, keyPartHash } from '../envelope/index.js';
import { assert, CovaultError, deviation } from '../errors.js';
import { bytesOf, concatVec, maskToField, type Vec } from '../field/index.js';
import {
  amountShares,
  authorityMasked,
  authorityProduct,
  compare,
  openKeys,
  openLayout,
  rekeyLayout,
  rekeyRecord,
  revealLayout,
  revealOutputs,
  transferLayout,
  transferRecords,
} from '../operations/index.js';
import type { Channel, Randomness } from '../ports.js';
import type { Reserved, Stock } from '../preprocessing/index.js';
import { CoinToss, coinRevealBytes, type Incoming, Rounds } from '../session/index.js';
import {
  concatShares,
  correction,
  gatherShares,
  type InputVole,
  inputKey,
  inputShares,
  type Party,
  type Shares,
  sliceShares,
  subShares,
  zeroShares,
} from '../sharing/index.js';
import { type Block, pageRead, pagesOf, type Settled, stockFor } from './block.js';
import { BlockChecks } from './checks.js';
import type { Opened, Rekeyed } from './prepared.js';
import type { RejectReason, Status } from './record.js';
import { RunningBalances } from './running-balances.js';
import { Selections } from './selections.js';
import type { LedgerState } from './state.js';

export { type Admitted, type Block, type Settled, stockFor } from './block.js';

/**
 * Runs the block at this bank.
 *
 * Opens: only what protocol.md section 9 lists. Trust: with one honest bank no wrong record is prepared; see `checks.ts`.
 * Throws: DEVIATION and DIGEST_MISMATCH; IMPOSSIBLE_VERDICT and AUDIT_FAILED, after which the bank halts; what channel
 * and stock throw. Whatever it throws, nothing has been applied.
 */
export async function settle(
  state: LedgerState,
  stock: Stock,
  channel: Channel,
  random: Randomness,
  block: Block,
): Promise<Settled> {
  const rounds = new Rounds(state.party, channel, block.context);
  rounds.absorb('proposals', block.proposalsDigest);
  const run = new BlockRun(state, rounds, block);
  if (block.envelopes.length > 0) {
    const counts = stockFor(
      state.network,
      block.envelopes.map(({ header, share }) => ({ header, length: share.length })),
    );
    run.take(await stock.reserve(block.at, counts));
    const toss = new CoinToss(block.context, state.party.self, random);
    const commitments = await run.commit(toss.commitment, random);
    await run.coin(toss, commitments);
    await run.prove();
  }
  await block.balances();
  for (let wave = 0; wave < Math.max(1, block.waves.length); wave++) await run.wave(wave);
  await run.agree();
  run.opens();
  run.rekeys();
  await run.audit();
  return run.result();
}

/** commit, coin, prove */
const messagesBeforeWaves = 3;

class BlockRun {
  readonly #state: LedgerState;
  readonly #party: Party;
  readonly #rounds: Rounds;
  readonly #block: Block;
  /** Start of each envelope's input in the block's. */
  readonly #starts: readonly number[];
  readonly #selections: Selections;
  readonly #statuses: (Status | undefined)[];
  readonly #running: RunningBalances;
  readonly #opens: Opened[] = [];
  readonly #rekeys: Rekeyed[] = [];
  /** By envelope, of transfers. */
  readonly #receipts = new Map<number, bigint>();
  #receiptTau = 0n;
  #stock!: Reserved;
  #inputs!: Shares;
  #coin!: Uint8Array;
  #keyParts: readonly (readonly Uint8Array[])[] = [];
  #eps!: Vec;

  constructor(state: LedgerState, rounds: Rounds, block: Block) {
    this.#state = state;
    this.#party = state.party;
    this.#rounds = rounds;
    this.#block = block;
    this.#statuses = block.envelopes.map(() => undefined);
    let at = 0;
    this.#starts = block.envelopes.map(({ share }) => {
      const start = at;
      at += share.length;
      return start;
    });
    const headers = block.envelopes.map(({ header }) => header);
    this.#selections = new Selections(state, headers, this.#starts);
    this.#running = new RunningBalances(state);
  }

  take(stock: Reserved): void {
    this.#stock = stock;
    this.#selections.take(stock.selections);
  }

  /** Message 2. Returns every bank's coin commitment. */
  async commit(coinCommitment: Uint8Array, random: Randomness): Promise<readonly Uint8Array[]> {
    const vole: InputVole = this.#stock;
    // the last element is this bank's part of the mask of the consistency opening: uniform, below p
    const mask = maskToField(random.bytes(8));
    const value = concatVec(...this.#block.envelopes.map(({ share }) => share), mask);
    const row = (input: Vec, of: (s: Shares) => Vec) => this.#selections.maskedRow(input, of);
    const masked = row(value, s => s.value);
    const open: Shares = {
      length: masked.length,
      value: masked,
      tags: vole.sharer.map(({ tag }, j) => (j === this.#party.self ? tag : row(tag, s => s.tags[j]))),
      keys: [],
    };
    // the keys for E follow from the corrections in the same message
    const keys: Vec[] = [];
    const openKeys = (from: number, own: Uint8Array): Vec => {
      const corrections = this.#rounds.parseVec(from, 'corrections', own, value.length);
      keys[from] = inputKey(this.#party, vole, from, corrections);
      return row(keys[from], s => s.keys[from]);
    };
    const heard = await this.#rounds.step('commit', {
      broadcast: coinCommitment,
      toEach: to => bytesOf(correction(vole, value, to)),
      open,
      openKeys,
    });
    heard.broadcasts.forEach((commitment, from) => {
      if (commitment.length !== 32) throw deviation(from, 'commit: a coin commitment has 32 bytes');
    });
    this.#inputs = inputShares(this.#party, vole, value, keys);
    this.#selections.keep(heard.opened);
    return heard.broadcasts;
  }

  #input(envelope: number): Shares {
    const start = this.#starts[envelope];
    return sliceShares(this.#inputs, start, start + this.#block.envelopes[envelope].share.length);
  }

  /** Message 3. */
  async coin(toss: CoinToss, commitments: readonly Uint8Array[]): Promise<void> {
    const ownParts = this.#block.envelopes.map(({ keyPart }) => keyPart);
    const heard = await this.#rounds.step('coin', {
      broadcast: concatBytes(toss.reveal(), ...ownParts),
      open: this.#authority(() => {
        const { presentedKeys } = this.#selections;
        const y = subShares(this.#selections.keys(), gatherShares(this.#inputs, presentedKeys));
        return authorityMasked(y, this.#stock.triples);
      }),
    });
    this.#coin = toss.finish(
      'block',
      commitments,
      heard.broadcasts.map(bytes => bytes.subarray(0, coinRevealBytes)),
    );
    this.#keyParts = this.#revealed(heard);
    this.#eps = heard.opened;
  }

  /** What is opened for the presented keys; nothing where there are none. */
  #authority(opened: () => Shares): Shares {
    return this.#selections.envelopes.length > 0 ? opened() : zeroShares(this.#party, 0);
  }

  /** k_i of every envelope, by envelope and bank. A k_i that does not match H(k_i) is a deviation. */
  #revealed(heard: Incoming): Uint8Array[][] {
    const { envelopes } = this.#block;
    heard.broadcasts.forEach((bytes, from) => {
      if (bytes.length !== coinRevealBytes + 16 * envelopes.length) throw deviation(from, 'coin: wrong length');
    });
    return envelopes.map(({ header }, e) =>
      heard.broadcasts.map((bytes, from) => {
        const at = coinRevealBytes + 16 * e;
        const keyPart = bytes.slice(at, at + 16);
        if (!equalBytes(keyPartHash(keyPart), header.keyHashes[from])) {
          throw deviation(from, 'coin: a key part does not fit its hash');
        }
        return keyPart;
      }),
    );
  }

  /** Message 4. Rejected envelopes drop out here, for every bank alike. */
  async prove(): Promise<void> {
    const { envelopes } = this.#block;
    const checks = new BlockChecks(this.#state.network, this.#coin, page => this.#state.closed(page));
    const checked = checks.openings(
      this.#party,
      this.#inputs,
      envelopes.map(({ header }, e) => ({ header, keyParts: this.#keyParts[e], start: this.#starts[e] })),
    );
    this.#receiptTau = checks.receiptTau;
    const z = this.#authority(() => authorityProduct(this.#eps, this.#stock.triples));
    const lengths = envelopes.map(({ share }) => share.length);
    const consistency = checks.consistency(this.#inputs, lengths);
    const { opened } = await this.#rounds.step('prove', {
      open: concatShares(this.#party, [checked, z, consistency]),
    });
    let at = 0;
    envelopes.forEach(({ header }, e) => {
      const width = checks.width(header);
      const own = opened.subarray(at, at + width);
      this.#reject(e, checks.judge(header, own));
      if (header.arguments.kind === 'transfer') this.#receipts.set(e, checks.receipt(header, own));
      at += width;
    });
    this.#selections.envelopes.forEach((envelope, k) => {
      this.#reject(envelope, opened[at + k] === 0n ? undefined : 'authority');
    });
  }

  #reject(envelope: number, reason: RejectReason | undefined): void {
    if (reason !== undefined) this.#statuses[envelope] ??= { kind: 'rejected', reason };
  }

  #startsOf(envelopes: readonly number[]): Uint32Array {
    return Uint32Array.from(envelopes, e => this.#starts[e]);
  }

  #ofKind(kind: Kind): number[] {
    return [...this.#block.envelopes.keys()].filter(e => this.#block.envelopes[e].header.arguments.kind === kind);
  }

  #standing(envelopes: readonly number[]): number[] {
    return envelopes.filter(e => this.#statuses[e] === undefined);
  }

  /**
   * Banks that judged the envelopes differently (an input split between them) must meet once more, or one would wait for
   * a wave that the other does not run: where no wave has spoken since `prove`, an empty message carries the digest. An empty
   * block has it too: nobody signs a record before everybody has committed the one it rests on.
   */
  async agree(): Promise<void> {
    if (this.#rounds.traffic.messages <= messagesBeforeWaves) await this.#rounds.step('agree', {});
  }

  /** Message 5, once a wave. Reveals leave with c of the first. */
  async wave(number: number): Promise<void> {
    const transfers = this.#standing(this.#block.waves[number] ?? []);
    const reveals = number === 0 ? this.#standing(this.#ofKind('reveal')) : [];
    const reading = [...transfers, ...reveals];
    if (reading.length === 0) return;
    const balances = await this.#balances(number, reading);
    const toReveal = sliceShares(balances, transfers.length, balances.length);
    const y = revealOutputs(revealLayout(this.#state.network), this.#inputs, this.#startsOf(reveals), toReveal);
    let revealed: Vec | undefined;
    const open = async (label: string, shares: Shares): Promise<Vec> => {
      const all = revealed || y.length === 0 ? shares : concatShares(this.#party, [shares, y]);
      const { opened } = await this.#rounds.step(`wave ${number} ${label}`, { open: all });
      revealed ??= opened.subarray(shares.length);
      return opened.subarray(0, shares.length);
    };
    if (transfers.length > 0) await this.#compareAndApply(transfers, sliceShares(balances, 0, transfers.length), open);
    else if (y.length > 0) await open('y', zeroShares(this.#party, 0));
    reveals.forEach((e, k) => {
      this.#statuses[e] = { kind: 'revealed', y: (revealed as Vec)[k] };
    });
  }

  /** [b] of the accounts these read, as the wave or the block before has left them: for K > 1 the pages are opened masked. */
  async #balances(number: number, envelopes: readonly number[]): Promise<Shares> {
    const pages = this.#running.of(envelopes.map(e => pageRead(this.#block.envelopes[e].header)));
    if (this.#state.network.pageSize === 1) return pages;
    const masked = this.#selections.maskedBalances(envelopes, pages);
    const { opened } = await this.#rounds.step(`wave ${number} balances`, { open: masked });
    return this.#selections.balances(envelopes, opened);
  }

  async #compareAndApply(
    transfers: readonly number[],
    balances: Shares,
    open: (label: string, s: Shares) => Promise<Vec>,
  ): Promise<void> {
    const layout = transferLayout(this.#state.network);
    const starts = this.#startsOf(transfers);
    const sides = transfers.map(e => pagesOf(this.#block.envelopes[e].header));
    const amounts = amountShares(layout, this.#inputs, starts);
    const differences = subShares(balances, amounts);
    const pis = await compare(this.#party, layout.compare, this.#inputs, starts, differences, open);
    const { payer, payee } = transferRecords(layout, this.#inputs, starts, amounts, pis);
    this.#running.add(
      sides.map(side => side.payer),
      payer,
    );
    this.#running.add(
      sides.map(side => side.payee),
      payee,
    );
    transfers.forEach((e, k) => {
      this.#statuses[e] = { kind: 'settled', pi: pis[k] as 0 | 1 };
    });
  }

  opens(): void {
    this.#block.envelopes.forEach(({ header }, e) => {
      const a = header.arguments;
      if (a.kind !== 'open' || this.#statuses[e] !== undefined) return;
      // admission keeps it out; should it fail to, nobody's keys are overwritten
      if (this.#state.open[a.account]) {
        this.#reject(e, 'authority');
        return;
      }
      const keys = openKeys(openLayout(this.#state.network), this.#input(e));
      const shared = keys && concatShares(this.#party, [keys.spending, keys.viewing]);
      this.#opens.push({ account: a.account, shared, publicKeys: a.publicKeys });
      this.#statuses[e] = { kind: 'opened', account: a.account };
    });
  }

  /** What they replace stays in force until the block has ended. */
  rekeys(): void {
    const rekeyed = new Set<number>();
    for (const e of this.#standing(this.#ofKind('rekey'))) {
      const a = this.#block.envelopes[e].header.arguments;
      assert(a.kind === 'rekey', 'of its kind');
      // the plan keeps a second one out; should it fail to, two changes of one slot must not add up
      if (rekeyed.has(a.page)) {
        this.#reject(e, 'authority');
        continue;
      }
      rekeyed.add(a.page);
      const shared = rekeyRecord(this.#party, rekeyLayout(this.#state.network), this.#input(e));
      this.#rekeys.push({ page: a.page, shared, publicKeys: a.publicKeys });
      this.#statuses[e] = { kind: 'rekeyed', page: a.page };
    }
  }

  /** The sum of all balances as this block leaves them. */
  async audit(): Promise<void> {
    const audits = this.#standing(this.#ofKind('audit'));
    if (audits.length === 0) return;
    const [sum] = (await this.#rounds.step('audit', { open: this.#running.total() })).opened;
    if (sum !== this.#state.supply) {
      throw new CovaultError('AUDIT_FAILED', 'the balances do not sum to the public supply');
    }
    for (const e of audits) this.#statuses[e] = { kind: 'audited', sum };
  }

  result(): Settled {
    const { height, attempt } = this.#block;
    // of a rejected transfer nothing is told
    const isSettled = ([e]: readonly [number, bigint]) => this.#statuses[e]?.kind === 'settled';
    const values = [...this.#receipts].filter(isSettled).map(([, y]) => y);
    const receipts = { tau: this.#receiptTau, values };
    return {
      statuses: this.#statuses.map(status => {
        assert(status !== undefined, 'every envelope has a status');
        return status;
      }),
      digest: this.#rounds.digest,
      prepared: { height, attempt, changes: this.#running.changes, opens: this.#opens, rekeys: this.#rekeys, receipts },
      traffic: this.#rounds.traffic,
    };
  }
}
