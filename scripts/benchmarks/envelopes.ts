/**
 * The way of an envelope through the banks without the computation: microseconds of CPU for one transfer at one bank.
 *
 *     submitted   all n banks take their share of the envelopes, sponsor them, forward and open them, until every one is
 *                 ready at every bank (whole banks over memory links and memory stores; no block runs meanwhile)
 *     agreed      proposals, plan, signatures and commits of full blocks, with a stand-in for the computation
 *     parts       single steps of the first, one after another; announcements alone, and in groups as large as may be
 *
 * HTTP, disks and libp2p are not in it. n = 3, pages of one slot.
 */
import {
  Agreement,
  type Announcement,
  alone,
  announceGroup,
  BurnedIds,
  byGroup,
  emptyDurable,
  identitySigner,
  type Output,
  type Planning,
  Pool,
  readByGroup,
  writeGroup,
} from '../../src/agreement/index.js';
import { VerifiedGroups } from '../../src/agreement/verified-groups.js';
import { decodeAll, Writer } from '../../src/codec/index.js';
import { ed25519, hash } from '../../src/crypto/index.js';
import { decodeEnvelope, type Envelope, encodeEnvelope, openPacket } from '../../src/envelope/index.js';
import { checkAdmission } from '../../src/ledger/admission.js';
import { rosterVerify } from '../../src/ledger/log.js';
import { LedgerState } from '../../src/ledger/state.js';
import { announcementGroupMax, blockEnvelopesMax } from '../../src/limits.js';
import type { Network } from '../../src/network/index.js';
import { inputLength } from '../../src/operations/index.js';
import { accountKeys, makeWorld, transferEnvelope } from '../../test/harness/banks.js';
import { openAll, quiet } from '../../test/harness/holders.js';
import { NetworkWorld, until } from '../../test/harness/network.js';

export interface EnvelopesBench {
  readonly banks: number;
  readonly transfers: number;
  readonly submittedUs: number;
  readonly agreedUs: number;
  readonly envelopeDecodedUs: number;
  readonly holderSignatureUs: number;
  readonly packetOpenedUs: number;
  readonly announcedAlone: AnnouncementBench;
  readonly announcedTogether: AnnouncementBench;
}

/** Of one announcement. */
export interface AnnouncementBench {
  readonly groupOf: number;
  readonly signedUs: number;
  /** From the bytes of a frame to what a pool keeps. */
  readonly checkedUs: number;
  /** Into a proposal, and out of it. */
  readonly listedUs: number;
  /** In a frame or a proposal. */
  readonly bytes: number;
}

const banks = 3;
const accounts = 96;

export async function benchEnvelopes(transfers = 960): Promise<EnvelopesBench> {
  const parts = benchParts(Math.min(transfers, 300));
  return {
    banks,
    transfers,
    submittedUs: await benchSubmitted(transfers),
    agreedUs: benchAgreed(transfers),
    ...parts,
  };
}

/** Microseconds of this process's CPU since it was called: for one of `count`. */
function meter(count: number): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return Math.round((10 * (user + system)) / count) / 10;
  };
}

const pairOf = (i: number): [number, number] => [i % accounts, (i + 1 + Math.floor(i / accounts)) % accounts];

async function benchSubmitted(transfers: number): Promise<number> {
  let isHeld = false;
  const world = new NetworkWorld({
    banks,
    pageSize: 1,
    balances: Array.from({ length: accounts }, () => 1_000_000n),
    // proposals that do not arrive keep every block from starting: what is measured is the way to the pools
    onFrame: (_from, _to, use, frame) => (isHeld && use === 'agreement' ? undefined : frame),
  });
  await world.startAll();
  await openAll(
    world,
    Array.from({ length: accounts }, (_, account) => account),
  );
  await quiet(world);
  isHeld = true;
  const all = Array.from({ length: transfers }, (_, i) => {
    return encodeEnvelope(transferEnvelope(world, ...pairOf(i), 1n).envelope);
  });
  const spent = meter(transfers * banks);
  await Promise.all(all.map((bytes, i) => world.bank(i % banks).submit(bytes)));
  await until('ready everywhere', () => world.banks.every(bank => bank?.status().pool.ready === transfers));
  const us = spent();
  await world.stopAll();
  return us;
}

/** n machines whose outputs are executed at once; a run answers with a record in which all is settled. */
function benchAgreed(transfers: number): number {
  const world = makeWorld({ banks, pageSize: 1, balances: Array.from({ length: accounts }, () => 1n) });
  const { network, identitySeeds } = world;
  const verify = rosterVerify(network);
  const pools = identitySeeds.map(() => new Pool(network, verify, new BurnedIds()));
  const machines = identitySeeds.map((seed, self) => {
    return new Agreement({ network, self, sign: identitySigner(seed), durable: emptyDurable, pool: pools[self] });
  });
  for (const [i, announcement] of announceAll(network.id, identitySeeds, transfers).entries()) {
    for (const pool of pools) {
      pool.announce(announcement, planningOf(i));
      pool.open(announcement.id, hash('bench/key', announcement.id));
      pool.release(announcement.id);
    }
  }
  const queue: (readonly [bank: number, output: Output])[] = [];
  const give = (bank: number, input: Parameters<Agreement['handle']>[0]) => {
    for (const output of machines[bank].handle(input)) queue.push([bank, output]);
  };
  const execute = (bank: number, output: Output) => {
    if (output.type === 'send') give(output.to, { type: 'message', from: bank, bytes: output.bytes });
    if (output.type !== 'run') return;
    const { height, attempt, base, block } = output;
    const record = {
      networkId: network.id,
      rosterVersion: network.rosterVersion,
      height,
      attempt,
      previous: block.previous ?? network.id,
      entries: block.entries.map(({ id }) => ({ id, status: { kind: 'settled', pi: 1 } as const })),
      burned: block.burned,
      digest: hash('bench/digest'),
      receiptsHash: hash('bench/receipts'),
      supply: network.supply,
      recoveryHashes: [],
    };
    give(bank, { type: 'computed', height, attempt, base, record, entry: entryOf(height, attempt) });
  };
  const spent = meter(transfers * banks);
  for (const { self } of world.parties) give(self, { type: 'restart' });
  for (const { self } of world.parties) give(self, { type: 'session', id: hash('bench/session') });
  for (let next = queue.shift(); next; next = queue.shift()) execute(...next);
  const us = spent();
  if (machines[0].finalHeight < Math.floor(transfers / blockEnvelopesMax)) throw new Error('the blocks were not made');
  return us;
}

/** Empty. */
const entryOf = (height: number, attempt: number): Uint8Array =>
  new Writer().u8(1).u64(height).u32(attempt).u64(1).done();

const idOf = (i: number) => hash('bench/id', new Writer(4).u32(i).done());

/** Number `count` envelopes, round robin over the sponsors, in full groups as far as they go. */
function announceAll(networkId: Uint8Array, seeds: readonly Uint8Array[], count: number): Announcement[] {
  const all = seeds.flatMap((seed, sponsor) => {
    const ids = Array.from({ length: Math.ceil((count - sponsor) / banks) }, (_, k) => idOf(sponsor + k * banks));
    return inGroups(ids, announcementGroupMax).flatMap((group, k) => {
      return announceGroup(networkId, sponsor, 1 + k * announcementGroupMax, group, m => ed25519.sign(seed, m));
    });
  });
  return all.sort((a, b) => a.sequence - b.sequence || a.sponsor - b.sponsor);
}

function inGroups(ids: readonly Uint8Array[], size: number): Uint8Array[][] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, k) => ids.slice(k * size, (k + 1) * size));
}

const planningOf = (i: number): Planning => ({
  kind: 'transfer',
  debits: i % accounts,
  opens: undefined,
  rekeys: undefined,
  signedBy: undefined,
  expiry: 1_000,
  stock: { vole: 480, triples: 0, selections: 0 },
});

function benchParts(count: number): Omit<EnvelopesBench, 'banks' | 'transfers' | 'submittedUs' | 'agreedUs'> {
  const world = makeWorld({ banks, pageSize: 1, balances: Array.from({ length: accounts }, () => 1n) });
  const { network } = world;
  const state = new LedgerState(network, world.parties[0]);
  for (let account = 0; account < accounts; account++) {
    const { spendingSeed, viewingSeed } = accountKeys(account);
    state.open[account] = 1;
    const keys = { spending: ed25519.publicKey(spendingSeed), viewing: ed25519.publicKey(viewingSeed) };
    state.publicKeys.set(account, keys);
  }
  const envelopes = Array.from({ length: count }, (_, i) => transferEnvelope(world, ...pairOf(i), 1n).envelope);
  const encoded = envelopes.map(encodeEnvelope);
  const length = inputLength(network, 'transfer');
  const each = (what: (i: number) => unknown) => {
    for (let i = 0; i < count; i++) what(i); // warm
    const spent = meter(count);
    for (let i = 0; i < count; i++) what(i);
    return spent();
  };
  const open = ({ header, id, packets }: Envelope) =>
    openPacket(header, id, 0, world.sealingSecrets[0], packets[0], length);
  return {
    envelopeDecodedUs: each(i => decodeEnvelope(encoded[i])),
    holderSignatureUs: each(i => checkAdmission(state, envelopes[i].header, envelopes[i].id, envelopes[i].signature)),
    packetOpenedUs: each(i => open(envelopes[i])),
    announcedAlone: benchAnnounced(network, world.identitySeeds[0], 1),
    announcedTogether: benchAnnounced(network, world.identitySeeds[0], announcementGroupMax),
  };
}

/** A block's worth of announcements of one sponsor. */
function benchAnnounced(network: Network, seed: Uint8Array, groupOf: number): AnnouncementBench {
  const ids = Array.from({ length: blockEnvelopesMax / banks }, (_, i) => idOf(i));
  const each = <T>(what: () => T): readonly [found: T, us: number] => {
    const times = 10;
    for (let i = 0; i < times; i++) what(); // warm
    const spent = meter(times * ids.length);
    for (let i = 1; i < times; i++) what();
    return [what(), spent()];
  };
  const [announcements, signedUs] = each(() => {
    return inGroups(ids, groupOf).flatMap((group, k) => {
      return announceGroup(network.id, 0, 1 + k * groupOf, group, m => ed25519.sign(seed, m)).map(alone);
    });
  });
  const write = () => {
    return new Writer(1 << 16)
      .list(
        byGroup(announcements, a => a),
        (w, { group }) => writeGroup(w, group),
      )
      .done();
  };
  const read = (bytes: Uint8Array) => {
    return decodeAll(bytes, 'list', r => readByGroup(r, banks, ids.length, announcement => announcement));
  };
  const [bytes, writtenUs] = each(write);
  const [, readUs] = each(() => read(bytes));
  const [, checkedUs] = each(() => {
    const groups = new VerifiedGroups(network, rosterVerify(network));
    for (const announcement of read(bytes))
      if (!groups.holds(announcement) || !alone(announcement)) throw new Error('it is signed');
  });
  return { groupOf, signedUs, checkedUs, listedUs: writtenUs + readUs, bytes: bytes.length / ids.length };
}
