/**
 * How envelopes get to the banks. One way is here: one POST each over few connections that are kept, to all gateways in
 * turn. Another (a stream) plugs in behind the same interface.
 */
import { Pool } from 'undici';

export interface Submitter {
  /** What the report calls it. */
  readonly name: string;
  /** Tries so often that were refused for now and made again. */
  readonly refusals: number;
  /** Resolves when a bank has taken it. */
  submit(envelope: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

const connectionsPerBank = 32;
const pauseMs = 50;
/** Not the envelope's fault: it is tried again, at the next bank. */
const forNow = new Set(['POOL_FULL', 'RATE_LIMITED', 'NOT_READY']);

/** Requests to all gateways, by bank. */
export class Gateways {
  readonly #pools: readonly Pool[];

  constructor(urls: readonly string[]) {
    this.#pools = urls.map(url => new Pool(url, { connections: connectionsPerBank, pipelining: 1 }));
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
  refusals = 0;
  readonly #gateways: Gateways;
  #turn = 0;

  constructor(gateways: Gateways) {
    this.#gateways = gateways;
  }

  async submit(envelope: Uint8Array): Promise<void> {
    for (;;) {
      const bank = this.#turn++ % this.#gateways.count;
      const { status, text } = await this.#gateways.post(bank, '/v1/envelopes', envelope);
      if (status === 202) return;
      const code = codeOf(text);
      if (!forNow.has(code)) throw new Error(`bank ${bank + 1} refuses an envelope: ${code}`);
      this.refusals++;
      await new Promise(next => setTimeout(next, pauseMs));
    }
  }

  async close(): Promise<void> {}
}

function codeOf(text: string): string {
  try {
    return String(JSON.parse(text).error.code);
  } catch {
    return 'no error of a gateway';
  }
}
