/**
 * Copies and names of whatever a bank holds in memory, found by walking it: the model never lists the machine's fields, so
 * that a new field is part of the state by itself.
 *
 *     copy    another object of the same shape; byte strings, functions and what is marked as shared stand in both
 *     name    equal for objects that no method can tell apart: fields, order of Maps and Sets, and aliases, all spelled out
 *
 * Names may be finer than needed (two orders of one Map): that costs states, never a missed one. Private fields are visible
 * only because `loader.ts` has made them ordinary ones; a WeakSet is a memory of verified signatures and no part of a state.
 */
import { createHash } from 'node:crypto';
import { toHex } from '../../src/crypto/index.js';

/** What has been, in an order that nothing depends on. */
export class History<K extends string, V> extends Map<K, V> {}

const shared = new WeakSet<object>();

/** It never changes, and is the same for all: not copied, not named. */
export function share<T extends object>(value: T): T {
  shared.add(value);
  return value;
}

const isWhole = (value: object) =>
  value instanceof Uint8Array || value instanceof WeakSet || typeof value === 'function' || shared.has(value);

export function copy<T>(value: T, seen = new Map<object, object>()): T {
  if (typeof value !== 'object' || value === null || isWhole(value)) return value;
  const known = seen.get(value);
  if (known) return known as T;
  if (value instanceof Map) {
    const made = value instanceof History ? new History() : new Map();
    seen.set(value, made);
    for (const [k, v] of value) made.set(copy(k, seen), copy(v, seen));
    return made as T;
  }
  if (value instanceof Set) {
    const made = new Set();
    seen.set(value, made);
    for (const v of value) made.add(copy(v, seen));
    return made as T;
  }
  const made = Array.isArray(value) ? [] : Object.create(Object.getPrototypeOf(value));
  seen.set(value, made);
  for (const key of Object.keys(value)) made[key] = copy((value as Record<string, unknown>)[key], seen);
  return made;
}

const byteNames = new Map<string, number>();
const byteNumbers = new WeakMap<Uint8Array, number>();

function numberOf(bytes: Uint8Array): number {
  const known = byteNumbers.get(bytes);
  if (known !== undefined) return known;
  const hex = toHex(bytes);
  const number = byteNames.get(hex) ?? byteNames.size;
  byteNames.set(hex, number);
  byteNumbers.set(bytes, number);
  return number;
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

/** 24 characters. */
export function name(value: unknown): string {
  const seen = new Map<object, number>();
  const parts: string[] = [];
  write(value);
  return createHash('sha256').update(parts.join('\n')).digest('base64').slice(0, 24);

  function write(v: unknown): undefined {
    if (typeof v !== 'object' || v === null) {
      if (typeof v !== 'function') parts.push(typeof v === 'string' ? JSON.stringify(v) : String(v));
      return;
    }
    if (v instanceof Uint8Array) return void parts.push(`#${numberOf(v)}`);
    if (isWhole(v)) return;
    const before = seen.get(v);
    if (before !== undefined) return void parts.push(`@${before}`);
    seen.set(v, seen.size);
    parts.push('{');
    if (v instanceof History) for (const pair of [...v].sort(byKey)) pair.forEach(write);
    else if (v instanceof Map) for (const pair of v) pair.forEach(write);
    else if (v instanceof Set || Array.isArray(v)) for (const x of v) write(x);
    else for (const pair of Object.entries(v)) pair.forEach(write);
    parts.push('}');
  }
}
