/**
 * How envelopes get to the banks. Two ways behind one interface: one POST each over few connections that are kept, to all
 * gateways in turn (here), and submission sessions (`session-submitter.ts`).
 */
import { Pool } from 'undici';
import { toHex } from '../../src/crypto/index.js';
import { gatewayWaitMsMax } from '../../src/limits.js';
import type { Made } from './envelope-maker.js';

/** `taken`: a bank has it, and the records will tell. `final`: the bank has said that its record is. */
export type Progress = 'taken' | 'final';

export interface Submitter {
  /** What the report calls it. */
  readonly name: string;
  /** Tries that were refused for now and made again. */
  readonly refusals: number;
  /** Envelopes sent again because a connection was lost or a bank had forgotten them. */
  readonly resent: number;
  /** Whether it hears of outcomes itself, so that the records may be read late. */
  readonly hears: boolean;
  /** Rejects when a bank refuses it for good. */
  submit(envelope: Made): Promise<Progress>;
  close(): void;
}

const connectionsPerBank = 32;
export const pauseMs = 50;
/** Not the envelope's fault: it is tried again, at the next bank. */
export const forNow: ReadonlySet<string> = new Set(['POOL_FULL', 'RATE_LIMITED', 'NOT_READY']);

/** Requests to all gateways, by bank. */
export class Gateways {
  readonly #pools: readonly Pool[];

  constructor(urls: readonly string[], connections = connectionsPerBank) {
    this.#pools = urls.map(url => new Pool(url, { connections, pipelining: 1 }));
  }

  get count(): number {
    return this.#pools.length;
  }

  async post(bank: number, path: string, body: Uint8Array | undefined, headers: Record<string, string> = {}) {
    const answer = await this.#pools[bank].request({
      method: 'POST',
      path,
      headers: body ? { 'content-type': 'application/octet-stream', ...headers } : headers,
      body: body ?? null,
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  async get(bank: number, path: string): Promise<string> {
    const answer = await this.#pools[bank].request({ method: 'GET', path });
    const text = await answer.body.text();
    if (answer.statusCode !== 200)
      throw new Error(`bank ${bank + 1} answers ${path} with ${answer.statusCode}: ${text}`);
    return text;
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map(pool => pool.destroy()));
  }
}

export class HttpSubmitter implements Submitter {
  readonly name = `HTTP POST, ${connectionsPerBank} connections a bank`;
  readonly hears: boolean;
  readonly resent = 0;
  refusals = 0;
  readonly #gateways: Gateways;
  #turn = 0;

  /** `follow`: asks the bank that took it, in long polls, until its record is final: as a wallet does. */
  constructor(gateways: Gateways, follow = false) {
    this.#gateways = gateways;
    this.hears = follow;
  }

  async submit({ id, bytes }: Made): Promise<Progress> {
    for (;;) {
      const bank = this.#turn++ % this.#gateways.count;
      const { status, text } = await this.#gateways.post(bank, '/v1/envelopes', bytes);
      if (status === 202) return this.hears ? this.#follow(bank, toHex(id)) : 'taken';
      const code = codeOf(text);
      if (!forNow.has(code)) throw refusal(bank, code);
      this.refusals++;
      await new Promise(next => setTimeout(next, pauseMs));
    }
  }

  async #follow(bank: number, id: string): Promise<Progress> {
    for (let known = 'pending'; ; ) {
      const path = `/v1/envelopes/${id}?known=${known}&waitMs=${gatewayWaitMsMax}`;
      const { state } = JSON.parse(await this.#gateways.get(bank, path)) as { state: string };
      if (state === 'final') return 'final';
      if (state === 'unknown') throw new Error(`bank ${bank + 1} has forgotten an envelope`);
      known = state;
    }
  }

  close(): void {}
}

export const refusal = (bank: number, code: string) => new Error(`bank ${bank + 1} refuses an envelope: ${code}`);

function codeOf(text: string): string {
  try {
    return String(JSON.parse(text).error.code);
  } catch {
    return 'no error of a gateway';
  }
}
