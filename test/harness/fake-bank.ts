/**
 * Banks that settle in the clear: they open all packets, add up the shares and keep a plain ledger. Records,
 * certificates and envelopes are the real ones, and so is the gateway's API, served without a socket.
 *
 * For tests of wallets: blocks are made at once, or by hand; a bank can be down, can forget, can forge.
 */
import { Writer } from '../../src/codec/index.js';
import { ed25519, fromHex, hash, seededRandom, toHex, utf8, x25519 } from '../../src/crypto/index.js';
import {
  decodeEnvelope,
  decodeSubmission,
  type Envelope,
  encodeHeader,
  encodeSubmissionReply,
  type Header,
  openPacket,
  type SubmissionReply,
} from '../../src/envelope/index.js';
import { CovaultError, type ErrorCode } from '../../src/errors.js';
import { addVec, fp, inner, type Vec } from '../../src/field/index.js';
import {
  committedStatement,
  encodeRecord,
  type LedgerRecord,
  recordHash,
  recordStatement,
  type Status,
  writeCertificate,
} from '../../src/ledger/log.js';
import { encodeReceipts, hashReceipts } from '../../src/ledger/receipts.js';
import { plainTransfer } from '../../src/ledger/rules.js';
import { locate, makeNetwork, type Network } from '../../src/network/index.js';
import {
  inputLength,
  openLayout,
  receiptWeights,
  rekeyLayout,
  revealLayout,
  transferLayout,
} from '../../src/operations/index.js';
import {
  type Claim,
  type GatewayAnswer,
  type GatewayPort,
  makeClaim,
  type SubmissionEvents,
  type SubmissionPort,
} from '../../src/wallet/index.js';

interface FakeRecord {
  readonly record: LedgerRecord;
  readonly certificate: Uint8Array;
  readonly committed: readonly Uint8Array[];
}

export interface FakeOptions {
  readonly banks?: number;
  readonly pageSize?: number;
  readonly balances: readonly bigint[];
  readonly seed?: string;
}

interface FakeSession {
  readonly bank: string;
  readonly on: SubmissionEvents;
  readonly onTheWay: Map<number, string>;
  isOpen: boolean;
}

export interface BlockOptions {
  /** Ids burned instead of settled, or out of nowhere. */
  readonly burn?: readonly Uint8Array[];
  /** Leaves all envelopes waiting. */
  readonly empty?: boolean;
  readonly reject?: boolean;
}

/** The point of a block's receipts. */
const tauOf = (height: number): bigint => 0x123456789abcdefn * BigInt(height);

export class FakeBanks {
  readonly network: Network;
  readonly gateways: Record<string, string>;
  readonly balances: bigint[];
  readonly records: FakeRecord[] = [];
  /** By bank name: it answers nothing. */
  readonly down = new Set<string>();
  /** By bank name: its records carry a wrong signature. */
  readonly forging = new Set<string>();
  /** By bank name: what it answers to envelopes. */
  readonly refusing = new Map<string, ErrorCode>();
  /** Blocks are made by hand. */
  paused = false;
  /** Whether banks show that all have committed; else the next record makes a record final. */
  showCommitted = true;
  /** What the next block does to what is in it. */
  next: BlockOptions = {};
  /** Every envelope that reached a bank, in order: identical bytes again count again. */
  readonly received: { bank: string; bytes: string }[] = [];
  readonly waiting = new Map<string, Envelope>();
  /** Envelopes a submission session may have on the way. */
  window = 8;
  /** Banks that show memos below this height only. */
  readonly behind = new Map<string, number>();
  /** Banks that keep memos from this height on. */
  readonly since = new Map<string, number>();
  /** Headers of settled transfers with the receipts of their blocks. */
  readonly memos: { height: number; receipts: Uint8Array; headers: Header[] }[] = [];
  /** By hex id. */
  readonly #receipts = new Map<string, bigint>();
  /** Submission sessions that were opened, by bank. */
  readonly opened: string[] = [];
  /** The most envelopes that were on the way in one session. */
  onTheWayMost = 0;
  readonly #sessions = new Set<FakeSession>();
  readonly #identities: Uint8Array[];
  readonly #sealing: Uint8Array[];
  readonly #claims: Uint8Array[];
  readonly #open = new Map<number, { spending: bigint | Uint8Array; viewing: bigint | Uint8Array }>();

  constructor({ banks = 2, pageSize = 4, balances, seed = 'fake' }: FakeOptions) {
    const random = seededRandom(hash('test/fake', utf8(seed)));
    const keys = () => Array.from({ length: banks }, () => random.bytes(32));
    this.#identities = keys();
    this.#sealing = keys();
    this.#claims = balances.map(() => random.bytes(32));
    this.balances = [...balances];
    this.network = makeNetwork({
      salt: random.bytes(32),
      rosterVersion: 0,
      banks: this.#identities.map((identity, i) => ({
        name: `bank-${i}`,
        identityKey: ed25519.publicKey(identity),
        sealingKey: x25519.publicKey(this.#sealing[i]),
        recoveryKey: x25519.publicKey(random.bytes(32)),
      })),
      accounts: balances.length,
      pageSize,
      amountBits: 40,
      scale: 2,
      funded: balances.flatMap((balance, account) =>
        balance > 0n ? [{ account, balance, claimKey: ed25519.publicKey(this.#claims[account]) }] : [],
      ),
    });
    this.gateways = Object.fromEntries(this.network.banks.map(({ name }) => [name, `http://${name}.test`]));
  }

  get height(): number {
    return this.records.length;
  }

  claim(account: number): Claim {
    return makeClaim(this.network, account, this.#claims[account]);
  }

  /** A wallet's way to all these banks. */
  readonly fetch: GatewayPort = async (address, request) => {
    const url = new URL(address);
    const bank = url.hostname.slice(0, -'.test'.length);
    if (this.down.has(bank)) throw new TypeError('fetch failed');
    try {
      const value = await this.#serve(bank, url, request.method === 'POST' ? request.body : undefined);
      return answer(200, value);
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error;
      const { code, message, facts, action } = error;
      return answer(action === 'retry' ? 503 : 400, { error: { code, message, facts } });
    }
  };

  /** A wallet's way to their submission sessions. */
  readonly connect: SubmissionPort = (address, on) => {
    const bank = new URL(address).hostname.slice(0, -'.test'.length);
    const session: FakeSession = { bank, on, onTheWay: new Map(), isOpen: false };
    setTimeout(() => {
      if (this.down.has(bank)) return on.closed();
      session.isOpen = true;
      this.#sessions.add(session);
      this.opened.push(bank);
      this.#reply(session, { kind: 'welcome', window: this.window });
    });
    return { send: bytes => this.#hear(session, bytes), close: () => this.#hangUp(session) };
  };

  /** Cuts every session, as a bank that stops does. */
  hangUp(): void {
    for (const session of [...this.#sessions]) this.#hangUp(session);
  }

  #hangUp(session: FakeSession): void {
    session.isOpen = false;
    if (this.#sessions.delete(session)) session.on.closed();
  }

  #reply(session: FakeSession, reply: SubmissionReply): void {
    const bytes = encodeSubmissionReply(reply);
    setTimeout(() => {
      if (session.isOpen) session.on.message(bytes);
    });
  }

  #hear(session: FakeSession, bytes: Uint8Array): void {
    const { number, envelope } = decodeSubmission(bytes);
    if (this.down.has(session.bank) || session.onTheWay.size >= this.window) {
      this.#hangUp(session);
      return;
    }
    try {
      const id = this.#submit(session.bank, envelope);
      this.#reply(session, { kind: 'accepted', number, id: fromHex(id) });
      session.onTheWay.set(number, id); // after what comes first
      this.onTheWayMost = Math.max(this.onTheWayMost, session.onTheWay.size);
      this.#tell();
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error;
      this.#reply(session, { kind: 'refused', number, code: error.code, message: error.message });
    }
  }

  #tell(): void {
    for (const session of this.#sessions) {
      for (const [number, id] of session.onTheWay) {
        const height = this.#fate(id);
        if (!height) continue;
        session.onTheWay.delete(number);
        this.#reply(session, { kind: 'news', number, state: 'final', height });
      }
    }
  }

  async #serve(bank: string, url: URL, body: Uint8Array | undefined): Promise<unknown> {
    const [, , what, id = ''] = url.pathname.split('/');
    if (what === 'envelopes' && body) return { id: this.#submit(bank, body) };
    if (what === 'envelopes') return this.#follow(id, url.searchParams.get('known') ?? '');
    if (what === 'records') return { records: this.#show(bank, Number(url.searchParams.get('from'))) };
    if (what === 'memos') {
      const [from, page] = ['from', 'page'].map(name => Number(url.searchParams.get(name)));
      const shown = this.memos
        .filter(({ height }) => height >= from)
        .map(({ height, receipts, headers }) => {
          const own = headers.filter(({ arguments: a }) => a.kind === 'transfer' && a.payeePage === page);
          return { height, receipts: toHex(receipts), headers: own.map(encodeHeader).map(toHex) };
        });
      const next = this.behind.get(bank) ?? this.height + 1;
      const since = this.since.get(bank) ?? 1;
      return { since, blocks: shown.filter(({ height }) => height >= since && height < next), next };
    }
    throw new CovaultError('UNREACHABLE', 'no such thing here');
  }

  #submit(bank: string, bytes: Uint8Array): string {
    this.received.push({ bank, bytes: toHex(bytes) });
    const refusal = this.refusing.get(bank);
    if (refusal) throw new CovaultError(refusal, 'refused');
    const envelope = decodeEnvelope(bytes);
    const id = toHex(envelope.id);
    if (!this.waiting.has(id)) this.#admit(id, envelope);
    if (!this.paused) this.block();
    return id;
  }

  #admit(id: string, envelope: Envelope): void {
    if (this.#fate(id)) throw new CovaultError('SEEN_BEFORE', 'decided');
    if (envelope.header.expiry <= this.height) throw new CovaultError('EXPIRED', 'expired');
    this.#checkSignature(envelope);
    this.waiting.set(id, envelope);
  }

  #fate(id: string): number | undefined {
    const has = ({ record }: FakeRecord) =>
      [...record.entries.map(e => e.id), ...record.burned].map(toHex).includes(id);
    const at = this.records.findIndex(has);
    return at < 0 ? undefined : at + 1;
  }

  async #follow(id: string, known: string): Promise<unknown> {
    const height = this.#fate(id);
    const state = height
      ? this.#isFinal(height)
        ? 'final'
        : 'recorded'
      : this.waiting.has(id)
        ? 'pending'
        : 'unknown';
    if (state === known) await new Promise(resolve => setTimeout(resolve, 2));
    return { id, state, waitingFor: state === 'pending' ? ['bank-1'] : [] };
  }

  #isFinal(height: number): boolean {
    return this.showCommitted || height < this.height;
  }

  #show(bank: string, from: number): unknown[] {
    return this.records.slice(from - 1, from + 4).map(({ record, certificate, committed }) => {
      const shown = certificate.slice();
      if (this.forging.has(bank)) shown[40] ^= 1;
      return {
        height: record.height,
        record: toHex(encodeRecord(record)),
        certificate: toHex(shown),
        committed: this.showCommitted ? committed.map(toHex) : null,
      };
    });
  }

  #checkSignature({ id, header: { arguments: a }, signature = new Uint8Array(64) }: Envelope): void {
    const key = (() => {
      if (a.kind === 'open') {
        if (this.#open.has(a.account)) throw new CovaultError('SLOT_OPEN', 'open already');
        return this.network.funded.find(({ account }) => account === a.account)?.claimKey;
      }
      if (this.network.pageSize > 1 || a.kind === 'audit') return undefined;
      const keys = this.#open.get(a.kind === 'transfer' ? a.payerPage : a.page);
      return (a.kind === 'reveal' ? keys?.viewing : keys?.spending) as Uint8Array;
    })();
    if (key && !ed25519.verify(key, id, signature)) throw new CovaultError('BAD_SIGNATURE', 'not signed');
  }

  /** Makes a block of all that waits and signs it. */
  block(options: BlockOptions = this.next): void {
    this.next = {};
    const height = this.height + 1;
    const burned = (options.burn ?? []).map(id => toHex(id));
    for (const id of burned) this.waiting.delete(id);
    const envelopes = [...this.waiting.values()];
    const entries = options.empty
      ? []
      : [...this.waiting].flatMap(([id, envelope]) => {
          this.waiting.delete(id);
          if (envelope.header.expiry < height) return [];
          const status: Status = options.reject ? { kind: 'rejected', reason: 'integrity' } : this.#settle(envelope);
          return [{ id: envelope.id, status }];
        });
    const values = entries.flatMap(({ id, status }) =>
      status.kind === 'settled' ? [this.#receipts.get(toHex(id))!] : [],
    );
    const receipts = { tau: tauOf(height), values };
    const isSettled = new Set(entries.flatMap(({ id, status }) => (status.kind === 'settled' ? [toHex(id)] : [])));
    const headers = envelopes.filter(({ id }) => isSettled.has(toHex(id))).map(({ header }) => header);
    if (headers.length > 0) this.memos.push({ height, receipts: encodeReceipts(receipts), headers });
    const last = this.records.at(-1);
    this.#sign({
      networkId: this.network.id,
      rosterVersion: this.network.rosterVersion,
      height,
      attempt: 1,
      previous: last ? recordHash(last.record) : this.network.id,
      entries,
      burned: burned.sort().map(fromHex),
      digest: hash('test/digest'),
      receiptsHash: hashReceipts(receipts),
      supply: this.network.supply,
      recoveryHashes: [],
    });
  }

  #sign(record: LedgerRecord): void {
    const at = { recordHash: recordHash(record), height: record.height, attempt: record.attempt };
    const commitment = hash('test/state');
    const certificate = this.#identities.map((seed, bank) => ({
      commitment,
      signature: ed25519.sign(seed, recordStatement(this.network.id, at, bank, commitment)),
    }));
    const committed = committedStatement(this.network.id, record.height, at.recordHash);
    this.records.push({
      record,
      certificate: writeCertificate(new Writer(), certificate).done(),
      committed: this.#identities.map(seed => ed25519.sign(seed, committed)),
    });
    this.#tell();
  }

  #inputs({ header, id, packets }: Envelope): Vec {
    const length = inputLength(this.network, header.arguments.kind);
    return packets
      .map((packet, bank) => openPacket(header, id, bank, this.#sealing[bank], packet, length).share())
      .reduce(addVec);
  }

  #settle(envelope: Envelope): Status {
    const { arguments: a } = envelope.header;
    const x = this.#inputs(envelope);
    const { pageSize } = this.network;
    const at = (page: number, unit: { at: number } | undefined) =>
      page * pageSize + (unit ? x.slice(unit.at, unit.at + pageSize).indexOf(1n) : 0);
    const wrongKey = { kind: 'rejected', reason: 'authority' } as const;
    switch (a.kind) {
      case 'open': {
        if (this.#open.has(a.account)) return { kind: 'rejected', reason: 'linear' };
        const keys = openLayout(this.network).keys;
        const shared = keys === undefined ? undefined : { spending: x[keys], viewing: x[keys + 1] };
        this.#open.set(a.account, shared ?? a.publicKeys!);
        return { kind: 'opened', account: a.account };
      }
      case 'reveal': {
        const { hidden, output } = revealLayout(this.network);
        const account = at(a.page, hidden?.slot);
        if (hidden && this.#open.get(account)?.viewing !== x[hidden.key]) return wrongKey;
        return { kind: 'revealed', y: fp.add(this.balances[account], x[output]) };
      }
      case 'transfer': {
        const { hidden, amount, compare } = transferLayout(this.network);
        const [from, to] = [at(a.payerPage, hidden?.payer), at(a.payeePage, hidden?.payee)];
        if (hidden && this.#open.get(from)?.spending !== x[hidden.key]) return wrongKey;
        const value = x.slice(amount.at, amount.at + amount.length).reduceRight((sum, bit) => 2n * sum + bit, 0n);
        const ledger = this.balances.map((balance, account) => ({ balance, open: this.#open.has(account) }));
        const { ledger: after, outcome } = plainTransfer(ledger, from, to, value);
        if (outcome === 'rejected') return { kind: 'rejected', reason: 'linear' };
        after.forEach(({ balance }, account) => {
          this.balances[account] = balance;
        });
        this.#receipts.set(toHex(envelope.id), inner(receiptWeights(this.network, tauOf(this.height + 1)), x));
        const theta = x[compare.mask.at] ^ x[compare.sigma];
        return { kind: 'settled', pi: (outcome === 'settled' ? 1n : 0n) === theta ? 0 : 1 };
      }
      case 'rekey': {
        const { hidden } = rekeyLayout(this.network);
        const account = at(a.page, hidden?.slot);
        const keys = this.#open.get(account);
        if (!hidden) this.#open.set(account, a.publicKeys!);
        else {
          if (keys?.spending !== x[hidden.key]) return wrongKey;
          const [spending, viewing] = [x[hidden.changes.at], x[hidden.changes.at + 1]];
          const after = { spending: fp.add(keys.spending, spending), viewing: fp.add(keys.viewing as bigint, viewing) };
          this.#open.set(account, after);
        }
        return { kind: 'rekeyed', page: a.page };
      }
      case 'audit':
        return { kind: 'audited', sum: this.network.supply };
    }
  }

  /** Page of an account, for tests that look at headers. */
  page(account: number): number {
    return locate(this.network, account).page;
  }
}

function answer(status: number, value: unknown): GatewayAnswer {
  const text = JSON.stringify(value);
  return { status, text: async () => text };
}
