/**
 * The way of an envelope through the banks without the computation: microseconds of CPU for one transfer at one bank.
 *
 *     submitted   all n banks take their share of the envelopes, sponsor them, forward and open them, until every one is
 *                 ready at every bank (whole banks over memory links and memory stores; no block runs meanwhile)
 *     agreed      proposals, plan, signatures and commits of full blocks, with a stand-in for the computation
 *     parts       single steps of the first, one after another
 *
 * HTTP, disks and libp2p are not in it. n = 3, pages of one slot.
 */
import { announceGroup } from '../../src/agreement/announcement.js';
import {
  Agreement,
  type Announcement,
  emptyDurable,
  identitySigner,
  type Output,
  type Planning,
  Pool,
} from '../../src/agreement/index.js';
import { Writer } from '../../src/codec/index.js';
import { ed25519, hash } from '../../src/crypto/index.js';
import { decodeEnvelope, type Envelope, encodeEnvelope, openPacket } from '../../src/envelope/index.js';
import { checkAdmission } from '../../src/ledger/admission.js';
import { rosterVerify } from '../../src/ledger/log.js';
import { LedgerState } from '../../src/ledger/state.js';
import { blockEnvelopesMax } from '../../src/limits.js';
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
  readonly announcementSignedUs: number;
  readonly announcementCheckedUs: number;
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
  const pools = identitySeeds.map(() => new Pool(network, verify));
  const machines = identitySeeds.map((seed, self) => {
    return new Agreement({ network, self, sign: identitySigner(seed), durable: emptyDurable, pool: pools[self] });
  });
  for (let i = 0; i < transfers; i++) {
    const announcement = announce(network.id, identitySeeds, i);
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
      supply: network.supply,
      recoveryHashes: [],
    };
    give(bank, { type: 'computed', height, attempt, base, record, commitment: hash('bench/state') });
  };
  const spent = meter(transfers * banks);
  for (const { self } of world.parties) give(self, { type: 'restart' });
  for (const { self } of world.parties) give(self, { type: 'session', id: hash('bench/session') });
  for (let next = queue.shift(); next; next = queue.shift()) execute(...next);
  const us = spent();
  if (machines[0].finalHeight < Math.floor(transfers / blockEnvelopesMax)) throw new Error('the blocks were not made');
  return us;
}

function announce(networkId: Uint8Array, seeds: readonly Uint8Array[], i: number): Announcement {
  const unsigned = {
    id: hash('bench/id', new Writer(4).u32(i).done()),
    sponsor: i % banks,
    sequence: 1 + Math.floor(i / banks),
  };
  const statement = announcementStatement(networkId, unsigned);
  return { ...unsigned, signature: ed25519.sign(seeds[unsigned.sponsor], statement) };
}

const planningOf = (i: number): Planning => ({
  kind: 'transfer',
  debits: i % accounts,
  opens: undefined,
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
  const announcements = envelopes.map((_, i) => announce(network.id, world.identitySeeds, i));
  const verify = rosterVerify(network);
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
    announcementSignedUs: each(i => announce(network.id, world.identitySeeds, i)),
    announcementCheckedUs: each(i => announcementHolds(network.id, verify, announcements[i])),
  };
}
