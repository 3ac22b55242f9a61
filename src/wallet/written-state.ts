/**
 * What a wallet knows as JSON: the inside of a wallet file (`wallet-file.ts`).
 *
 *     bytes as hex, bigints as decimal texts, sets and maps as lists
 *
 * It was written by this file and authenticated, so most shapes are not checked again. What came with version 2 is: a wallet
 * goes from one device to another and is written by programs of several versions.
 */
import { fromHex, toHex } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import {
  accountsMax,
  balanceBits,
  balancePointsMax,
  consentsMax,
  keyVersionMax,
  labelLengthMax,
  memoTextBytesMax,
  receivedMax,
} from '../limits.js';
import type {
  BalancePoint,
  Consent,
  IntendedMemo,
  Intent,
  KnownAccount,
  Order,
  Outcome,
  Received,
  Sealed,
  WalletState,
} from './state.js';

interface WrittenSealed {
  id: string;
  bytes: string;
  expiry: number;
  base: { height: number; hash: string };
  secret: string;
}

interface WrittenOrder {
  name: string;
  intent: {
    kind: Intent['kind'];
    from?: number;
    to?: number;
    account?: number;
    amount?: string;
    claim?: string;
    version?: number;
    memo?: unknown;
    /** Of a viewing code: decimal digits of an element, or 'seed ' and hex. */
    key?: string;
  };
  sealed?: WrittenSealed | undefined;
  tries: number;
  outcome: { state: Outcome['state']; height?: number; balance?: string; why?: string };
  askedAt?: number | undefined;
  decidedAt?: number | undefined;
}

export interface WrittenState {
  seedPhrase: string;
  network: string;
  accounts: KnownAccount[];
  head: { height: number; hash: string };
  opened: number[];
  /** From version 2 on; checked as they are read. */
  rekeys?: unknown;
  consents?: unknown;
  points?: unknown;
  received?: unknown;
  scanned?: unknown;
  orders: WrittenOrder[];
}

export function writeState(state: WalletState): WrittenState {
  return {
    seedPhrase: state.seedPhrase,
    network: toHex(state.networkId),
    accounts: [...state.accounts],
    head: { height: state.head.height, hash: toHex(state.head.hash) },
    opened: [...state.opened],
    rekeys: [...state.rekeys],
    consents: state.consents,
    points: state.points.map(point => ({ ...point, balance: point.balance.toString() })),
    received: state.received.map(each => ({ ...each, id: toHex(each.id), amount: each.amount.toString() })),
    scanned: { height: state.scanned.height, hash: toHex(state.scanned.hash) },
    orders: [...state.orders.values()].map(order => ({
      name: order.name,
      intent: writeIntent(order.intent),
      sealed: order.sealed && writeSealed(order.sealed),
      tries: order.tries,
      outcome:
        order.outcome.state === 'revealed'
          ? { ...order.outcome, balance: order.outcome.balance.toString() }
          : order.outcome,
      askedAt: order.askedAt,
      decidedAt: order.decidedAt,
    })),
  };
}

export function readState(written: WrittenState): WalletState {
  const orders = written.orders.map((order): [string, Order] => [
    order.name,
    {
      name: order.name,
      intent: readIntent(order.intent),
      sealed: order.sealed && readSealed(order.sealed),
      tries: order.tries,
      outcome: readOutcome(order.outcome),
      ...(order.askedAt === undefined ? {} : { askedAt: order.askedAt }),
      ...(order.decidedAt === undefined ? {} : { decidedAt: order.decidedAt }),
    },
  ]);
  const networkId = fromHex(written.network);
  return {
    seedPhrase: written.seedPhrase,
    networkId,
    accounts: written.accounts,
    head: { height: written.head.height, hash: fromHex(written.head.hash) },
    opened: new Set(written.opened),
    rekeys: new Map(listOf(written.rekeys, 'rekeys', accountsMax, readRekeys)),
    consents: listOf(written.consents, 'consents', consentsMax, readConsent),
    points: listOf(written.points, 'points', balancePointsMax, readPoint),
    received: listOf(written.received, 'received', receivedMax, readReceived),
    scanned: written.scanned === undefined ? { height: 0, hash: networkId } : readScanned(written.scanned),
    orders: new Map(orders),
  };
}

function writeIntent(intent: Intent): WrittenOrder['intent'] {
  if (intent.kind === 'transfer') {
    const { memo, ...rest } = intent;
    const written = { ...rest, amount: intent.amount.toString() };
    if (!memo) return written;
    return { ...written, memo: { text: memo.text, ...(memo.key ? { key: toHex(memo.key) } : {}) } };
  }
  if (intent.kind === 'rekey') return intent;
  if (intent.kind === 'reveal') {
    const { key, ...rest } = intent;
    if (key === undefined) return rest;
    return { ...rest, key: typeof key === 'bigint' ? key.toString() : `seed ${toHex(key)}` };
  }
  const { claim, ...rest } = intent;
  return claim ? { ...rest, claim: toHex(claim) } : rest;
}

function readIntent(written: WrittenOrder['intent']): Intent {
  const { kind, from = 0, to = 0, account = 0, amount = '0', claim, version = 0, key, memo } = written;
  if (kind === 'transfer') {
    const payment = { kind, from, to, amount: BigInt(amount) } as const;
    return memo === undefined ? payment : { ...payment, memo: readMemo(memo) };
  }
  if (kind === 'rekey') return { kind, account, version };
  if (kind === 'reveal') {
    if (key === undefined) return { kind, account };
    return { kind, account, key: key.startsWith('seed ') ? fromHex(key.slice(5)) : BigInt(key) };
  }
  return { kind, account, claim: claim === undefined ? undefined : fromHex(claim) };
}

/** An envelope is written at every save while it is alive, and never changes: its hex is made once. */
const writtenOnce = new WeakMap<Sealed, WrittenSealed>();

function writeSealed(sealed: Sealed): WrittenSealed {
  const known = writtenOnce.get(sealed);
  if (known) return known;
  const { id, bytes, expiry, base, secret } = sealed;
  const written = {
    id: toHex(id),
    bytes: toHex(bytes),
    expiry,
    base: { height: base.height, hash: toHex(base.hash) },
    secret: secret.toString(),
  };
  writtenOnce.set(sealed, written);
  return written;
}

function readSealed({ id, bytes, expiry, base, secret }: WrittenSealed): Sealed {
  return {
    id: fromHex(id),
    bytes: fromHex(bytes),
    expiry,
    base: { height: base.height, hash: fromHex(base.hash) },
    secret: BigInt(secret),
  };
}

function readOutcome(written: WrittenOrder['outcome']): Outcome {
  const { balance, ...rest } = written;
  return (balance === undefined ? rest : { ...rest, balance: BigInt(balance) }) as Outcome;
}

// what came with version 2

function listOf<T>(value: unknown, field: string, countMax: number, read: (value: unknown, field: string) => T): T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > countMax) return malformed(field);
  return value.map((each, i) => read(each, `${field}[${i}]`));
}

function readRekeys(value: unknown, field: string): [page: number, count: number] {
  if (!Array.isArray(value) || value.length !== 2) return malformed(field);
  return [whole(value[0], field, accountsMax - 1), whole(value[1], field)];
}

function readConsent(value: unknown, field: string): Consent {
  const { account, label, version, givenAt, height, withdrawnAtHeight } = fields(value, field);
  const consent = {
    account: whole(account, field, accountsMax - 1),
    label: text(label, field, labelLengthMax),
    version: whole(version, field, keyVersionMax),
    givenAt: whole(givenAt, field),
    height: whole(height, field),
  };
  return withdrawnAtHeight === undefined ? consent : { ...consent, withdrawnAtHeight: whole(withdrawnAtHeight, field) };
}

function readPoint(value: unknown, field: string): BalancePoint {
  const { account, balance, height, time } = fields(value, field);
  return {
    account: whole(account, field, accountsMax - 1),
    balance: money(balance, field),
    height: whole(height, field),
    time: whole(time, field),
  };
}

function readReceived(value: unknown, field: string): Received {
  const { id, account, amount, memo, height, time } = fields(value, field);
  return {
    id: hex32(id, field),
    account: whole(account, field, accountsMax - 1),
    amount: money(amount, field),
    memo: text(memo, field, memoTextBytesMax),
    height: whole(height, field),
    time: whole(time, field),
  };
}

function readScanned(value: unknown): WalletState['scanned'] {
  const { height, hash } = fields(value, 'scanned');
  return { height: whole(height, 'scanned'), hash: hex32(hash, 'scanned') };
}

function readMemo(value: unknown): IntendedMemo {
  const { text: told, key } = fields(value, 'memo');
  const memo = { text: text(told, 'memo', memoTextBytesMax) };
  return key === undefined ? memo : { ...memo, key: hex32(key, 'memo') };
}

function hex32(value: unknown, field: string): Uint8Array {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? fromHex(value) : malformed(field);
}

function fields(value: unknown, field: string): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : malformed(field);
}

function whole(value: unknown, field: string, max = Number.MAX_SAFE_INTEGER): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
    ? value
    : malformed(field);
}

function text(value: unknown, field: string, lengthMax: number): string {
  return typeof value === 'string' && value.length <= lengthMax ? value : malformed(field);
}

function money(value: unknown, field: string): bigint {
  const amount = typeof value === 'string' && /^[0-9]{1,19}$/.test(value) ? BigInt(value) : malformed(field);
  return amount < 1n << BigInt(balanceBits) ? amount : malformed(field);
}

function malformed(field: string): never {
  throw new CovaultError('MALFORMED', `malformed wallet: ${field}`, { what: 'wallet', field });
}
