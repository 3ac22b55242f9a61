/**
 * The gateways of several banks, as one: any bank takes any envelope, so a bank that does not answer is passed over and
 * the next one gets identical bytes.
 *
 *     caller    the call is wrong: every bank would say so. Thrown at once
 *     else      unreachable, busy, broken, or its answer does not stand up to a check: the next bank is asked
 *
 * Whichever bank answered last is asked first next time. Nothing a gateway says is believed here; `follow.ts` checks.
 */
import { fromHex, toHex } from '../crypto/index.js';
import { CovaultError, type ErrorCode, type Facts, isCode } from '../errors.js';
import type { LogEntryBytes } from '../ledger/log.js';
import { gatewayAnswerCharsMax, gatewayTimeoutMs, recordsAskedMax } from '../limits.js';
import type { Clock } from '../ports.js';
import type { GatewayPort, GatewayRequest } from './ports.js';

/** Of what a gateway says of a refusal: characters of its message and of one fact, and facts. */
const messageCharsMax = 500;
const factCharsMax = 200;
const factsMax = 16;

export interface GatewayBank {
  readonly name: string;
  readonly url: string;
}

/** Where a bank says that an envelope stands. Not believed: records are. */
export interface EnvelopeNews {
  readonly state: 'unknown' | 'pending' | 'recorded' | 'final';
  readonly waitingFor: readonly string[];
}

/** As a gateway hands it out: to be checked. */
export type RecordNews = LogEntryBytes;

/** Headers of settled transfers with their memos, as a gateway hands them out: to be checked. */
export interface MemoNews {
  /** Of lower heights the bank keeps nothing, or not all. */
  readonly since: number;
  readonly blocks: readonly {
    readonly height: number;
    readonly receipts: Uint8Array;
    readonly headers: readonly Uint8Array[];
  }[];
  /** The first height that is not among them. */
  readonly next: number;
}

export class GatewayClient {
  readonly #banks: readonly GatewayBank[];
  readonly #port: GatewayPort;
  readonly #clock: Clock;
  #current = 0;

  /** `prefer`: the bank asked first, a name or a URL that need not be in the network file. */
  constructor(banks: readonly GatewayBank[], port: GatewayPort, clock: Clock, prefer?: string) {
    const listed = banks.map(({ name, url }) => ({ name, url: url.replace(/\/+$/, '') }));
    this.#banks = prefer === undefined ? listed : putFirst(listed, prefer.replace(/\/+$/, ''));
    if (this.#banks.length === 0)
      throw new CovaultError('BAD_CONFIG', 'no bank has a known gateway', { field: 'gateways' });
    this.#port = port;
    this.#clock = clock;
  }

  /** A client of its own that asks this bank first. */
  preferring(bank: string | undefined): GatewayClient {
    return bank === undefined ? this : new GatewayClient(this.#banks, this.#port, this.#clock, bank);
  }

  /** The bank that is asked first. */
  get bank(): string {
    return this.#banks[this.#current].name;
  }

  /** The gateway of that bank. */
  get url(): string {
    return this.#banks[this.#current].url;
  }

  /** The next bank is asked first from now on. */
  turn(): void {
    this.#current = (this.#current + 1) % this.#banks.length;
  }

  /** Throws what the gateway says, UNREACHABLE when none answers. SEEN_BEFORE is no error: it arrived earlier. */
  async submit(envelope: Uint8Array): Promise<void> {
    await this.#any(async bank => {
      const body = envelope.slice();
      const headers = { 'content-type': 'application/octet-stream' };
      await this.#ask(bank, '/v1/envelopes', { method: 'POST', headers, body }).catch(error => {
        if (!isCode(error, 'SEEN_BEFORE')) throw error;
      });
    });
  }

  /** Waits up to `waitMs` for a state other than `known`. */
  async follow(id: Uint8Array, known: EnvelopeNews['state'], waitMs: number): Promise<EnvelopeNews> {
    const path = `/v1/envelopes/${toHex(id)}?known=${known}&waitMs=${waitMs}`;
    return this.#any(async bank => {
      const { state, waitingFor } = await this.#ask(bank, path, undefined, waitMs);
      const names = Array.isArray(waitingFor) ? waitingFor.filter(name => typeof name === 'string') : [];
      if (state === 'unknown' || state === 'pending' || state === 'recorded' || state === 'final') {
        return { state, waitingFor: names };
      }
      throw nonsense(bank, 'state');
    });
  }

  /** The records from this height, as far as one answer goes. `check` throws what makes the next bank be asked. */
  async records<T>(from: number, check: (news: readonly RecordNews[]) => T): Promise<T> {
    return this.#any(async bank => {
      const { records } = await this.#ask(bank, `/v1/records?from=${from}&count=${recordsAskedMax}`);
      if (!Array.isArray(records) || records.length > recordsAskedMax) throw nonsense(bank, 'records');
      return check(records.map(record => readNews(bank, record)));
    });
  }

  /**
   * Transfers to a page from this height on, as far as one answer goes: at least that height. From a bank that keeps them
   * from there on; if none does, from the one that keeps most.
   */
  async memos(from: number, page: number): Promise<MemoNews> {
    let most: MemoNews | undefined;
    try {
      return await this.#any(async bank => {
        const news = readMemos(bank, await this.#ask(bank, `/v1/memos?from=${from}&page=${page}`));
        const { since, next } = news;
        if (next > from && since <= from) return news;
        if (next > from && since < (most?.since ?? Infinity)) most = news;
        const why = next > from ? 'keeps no memos of' : 'has no final';
        throw new CovaultError('NOT_READY', `bank ${bank.name} ${why} record ${from}`, { bank: bank.name });
      });
    } catch (error) {
      if (most && error instanceof CovaultError) return most;
      throw error;
    }
  }

  /**
   * Asks one bank after the other. Throws the first bank's error when none serves: the others' often follow from it. What
   * one bank refuses, another may take: a refusal is thrown only when all refuse.
   */
  async #any<T>(call: (bank: GatewayBank) => Promise<T>): Promise<T> {
    let [failure, refusal]: unknown[] = [];
    const start = this.#current;
    for (let i = 0; i < this.#banks.length; i++) {
      const at = (start + i) % this.#banks.length;
      try {
        const answer = await call(this.#banks[at]);
        if (this.#current === start) this.#current = at;
        return answer;
      } catch (error) {
        if (!(error instanceof CovaultError)) throw error;
        if (error.action === 'caller') refusal ??= error;
        else failure ??= error;
      }
    }
    throw failure ?? refusal;
  }

  async #ask(
    bank: GatewayBank,
    path: string,
    request: Omit<GatewayRequest, 'signal'> = { method: 'GET', headers: {} },
    waitMs = 0,
  ): Promise<Record<string, unknown>> {
    const abort = new AbortController();
    const stop = this.#clock.after(gatewayTimeoutMs + waitMs, () => abort.abort());
    const asked = (async () => {
      const answer = await this.#port(bank.url + path, { ...request, signal: abort.signal });
      return { status: answer.status, text: await answer.text() };
    })();
    // only what the way there throws means that nobody answers: a mistake in reading the answer is ours, and is heard of
    const { status, text } = await asked
      .catch(error => {
        if (error instanceof CovaultError) throw error;
        throw new CovaultError('UNREACHABLE', `bank ${bank.name} does not answer`, { bank: bank.name });
      })
      .finally(stop);
    if (text.length > gatewayAnswerCharsMax) throw nonsense(bank, 'length');
    return readAnswer(bank, status, text);
  }
}

function putFirst(banks: readonly GatewayBank[], bank: string): readonly GatewayBank[] {
  const known = banks.find(({ name, url }) => name === bank || url === bank);
  if (!known && !/^https?:\/\//.test(bank)) {
    throw new CovaultError('BAD_CONFIG', `no bank "${bank}" with a gateway`, { field: 'bank' });
  }
  return [known ?? { name: bank, url: bank }, ...banks.filter(other => other !== known)];
}

function readAnswer(bank: GatewayBank, status: number, text: string): Record<string, unknown> {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw nonsense(bank, 'JSON');
  }
  if (!isObject(answer)) throw nonsense(bank, 'JSON');
  if (status >= 200 && status < 300) return answer;
  const { error } = answer;
  if (!isObject(error) || !isGatewayCode(error.code)) throw nonsense(bank, 'error');
  const message = typeof error.message === 'string' ? error.message.slice(0, messageCharsMax) : error.code;
  throw new CovaultError(error.code, `bank ${bank.name}: ${message}`, { ...readFacts(error.facts), bank: bank.name });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a gateway may say of an envelope or a question. Nothing of it is a verdict: that stands in final records alone. */
export const gatewayCodes: ReadonlySet<ErrorCode> = new Set([
  'MALFORMED',
  'OVERSIZED',
  'WRONG_NETWORK',
  'WRONG_ROSTER',
  'EXPIRED',
  'EXPIRY_TOO_FAR',
  'SEEN_BEFORE',
  'UNKNOWN_ACCOUNT',
  'SLOT_CLOSED',
  'SLOT_OPEN',
  'BAD_SIGNATURE',
  'PACKET_UNREADABLE',
  'NOT_FOUND',
  'RATE_LIMITED',
  'POOL_FULL',
  'NOT_READY',
  'TIMED_OUT',
  'INTERNAL',
]);

const isGatewayCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && gatewayCodes.has(code as ErrorCode);

/** Those that are short enough to be shown. */
function readFacts(facts: unknown): Facts {
  if (!isObject(facts)) return {};
  const isPlain = (value: unknown) =>
    typeof value === 'string' ? value.length <= factCharsMax : typeof value === 'number' || typeof value === 'boolean';
  const plain = Object.entries(facts).filter(([name, value]) => name.length <= factCharsMax && isPlain(value));
  return Object.fromEntries(plain.slice(0, factsMax)) as Facts;
}

function readMemos(bank: GatewayBank, { since, blocks, next }: Record<string, unknown>): MemoNews {
  const bytes = (value: unknown) => hexBytes(bank, value, 'memos');
  if (!Array.isArray(blocks) || ![since, next].every(Number.isSafeInteger)) throw nonsense(bank, 'memos');
  const found = blocks.map((block: unknown) => {
    if (!isObject(block) || !Number.isSafeInteger(block.height) || !Array.isArray(block.headers)) {
      throw nonsense(bank, 'memos');
    }
    return { height: block.height as number, receipts: bytes(block.receipts), headers: block.headers.map(bytes) };
  });
  return { since: since as number, blocks: found, next: next as number };
}

function hexBytes(bank: GatewayBank, value: unknown, what: string): Uint8Array {
  if (typeof value !== 'string' || !/^(?:[0-9a-f]{2})*$/.test(value)) throw nonsense(bank, what);
  return fromHex(value);
}

function readNews(bank: GatewayBank, news: unknown): RecordNews {
  const bytes = (value: unknown) => hexBytes(bank, value, 'records');
  if (!isObject(news)) throw nonsense(bank, 'records');
  const { record, certificate, committed } = news;
  if (committed !== null && committed !== undefined && !Array.isArray(committed)) throw nonsense(bank, 'records');
  return { record: bytes(record), certificate: bytes(certificate), committed: committed?.map(bytes) };
}

/** Something that is no gateway of ours answers there, or one that is broken: as good as unreachable. */
function nonsense(bank: GatewayBank, what: string): CovaultError {
  return new CovaultError('UNREACHABLE', `bank ${bank.name} gives no proper answer (${what})`, {
    bank: bank.name,
    what,
  });
}
