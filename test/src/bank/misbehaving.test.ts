/**
 * A bank that does not keep to the protocol, in a network of whole banks: the others halt, name it where they can, tell
 * each other, stay halted over a restart, and no record comes of it. And what is nobody's fault: a stock that fails.
 */
import test, { type ExecutionContext } from 'ava';
import { announceGroup, convicted, decodeEvidence } from '../../../src/agreement/index.js';
import { encodeMessage } from '../../../src/agreement/messages.js';
import type { LiveStock, Use } from '../../../src/bank/index.js';
import { decodeAgreementFrame, encodeAgreementFrame, encodeEnvelopeFrame } from '../../../src/bank/transport.js';
import { Writer } from '../../../src/codec/index.js';
import { ed25519, hash, toHex, utf8 } from '../../../src/crypto/index.js';
import { type Envelope, encodeEnvelope, encodeHeader } from '../../../src/envelope/index.js';
import { CovaultError, isCode } from '../../../src/errors.js';
import { decodeRecord, rosterVerify } from '../../../src/ledger/log.js';
import { computationFramesMax, preprocessingFramesMax, wantedIdsMax } from '../../../src/limits.js';
import type { Channel } from '../../../src/ports.js';
import { transferEnvelope } from '../../harness/banks.js';
import { Dealer } from '../../harness/dealer.js';
import { balances, openAll, pay, quiet } from '../../harness/holders.js';
import { type NetworkOptions, NetworkWorld, until } from '../../harness/network.js';
import { editing, type Frame, flip, hands } from '../ledger/cheaters.js';

const start = [100n, 200n, 0n];
const cheater = 2;

async function started(over: Partial<NetworkOptions> = {}): Promise<NetworkWorld> {
  const world = new NetworkWorld({ banks: 3, pageSize: 1, balances: start, ...over });
  await world.startAll();
  return world;
}

/**
 * The honest banks halt; `named` says whether they know who it was: one of them at least by what it saw itself, the others by
 * its word.
 */
async function halts(t: ExecutionContext, world: NetworkWorld, named: boolean, what: string): Promise<void> {
  const names: string[] = [];
  for (const self of [0, 1]) {
    const status = () => world.bank(self).status();
    await until(`${what}: bank ${self} halts`, () => status().phase === 'halted');
    const { halted = '' } = status();
    const told = `told by bank-${1 - self}${named ? ', which accuses bank-2' : ''}: `;
    const seen = halted.match(/\(bank (.*)\)$/)?.[1];
    if (seen) names.push(seen);
    else if (named) t.true(halted.startsWith(told), `${what}: ${halted}`);
    const { envelope } = transferEnvelope(world, 0, 1, 1n);
    const error = await t.throwsAsync(() => world.bank(self).submit(encodeEnvelope(envelope)));
    t.true(isCode(error, 'NOT_READY'), what);
  }
  t.deepEqual([...new Set(names)], named ? ['bank-2'] : [], what);
}

/** The session's prefix, as the frames of the agreement carry it. */
function listener() {
  let prefix = new Uint8Array(0);
  return {
    prefix: () => prefix,
    onFrame: (from: number, to: number, use: Use, frame: Uint8Array) => {
      if (from === cheater && to === 0 && use === 'agreement') {
        const said = decodeAgreementFrame(frame);
        if (said.kind === 'message') prefix = said.session.slice();
      }
      return frame;
    },
  };
}

/** Properly sponsored by the cheater, under the id `announced`. */
function forward(world: NetworkWorld, { header, signature, packets }: Envelope, announced: Uint8Array): Uint8Array {
  const sign = (statement: Uint8Array) => ed25519.sign(world.identitySeeds[cheater], statement);
  const [announcement] = announceGroup(world.network.id, cheater, 1, [announced], sign);
  return encodeEnvelopeFrame({
    kind: 'forward',
    envelopes: [{ announcement, header: encodeHeader(header), signature, packet: packets[0] }],
  });
}

const ids = (count: number) =>
  new Writer()
    .u8(1)
    .list(
      Array.from({ length: count }, () => hash('id')),
      (w, id) => w.fixed(id),
    )
    .done();

test('a sponsor that gives one number to two envelopes, in two groups, is convicted before anybody', async t => {
  const world = await started();
  t.teardown(() => world.stopAll());
  await openAll(world, [0, 1]);
  await quiet(world);
  const envelopes = [1n, 2n, 3n].map(amount => transferEnvelope(world, 0, 1, amount).envelope);
  const sign = (statement: Uint8Array) => ed25519.sign(world.identitySeeds[cheater], statement);
  const groupOf = (first: number, ids: Uint8Array[]) => announceGroup(world.network.id, cheater, first, ids, sign);
  const [a, b, c] = envelopes;
  // number 2 is b's in one group, c's in the other
  const announced = [groupOf(1, [a.id, b.id])[1], groupOf(2, [c.id, a.id])[0]];
  for (const [i, { header, signature, packets }] of [b, c].entries()) {
    const forwarded = { announcement: announced[i], header: encodeHeader(header), signature, packet: packets[0] };
    await world.bank(0).frame(cheater, 'envelopes', encodeEnvelopeFrame({ kind: 'forward', envelopes: [forwarded] }));
  }
  await halts(t, world, true, 'two ids under one number');
  for (const self of [0, 1]) {
    const stored = await world.stores[self].get(utf8('agreement/halted'));
    const evidence = stored && decodeEvidence(stored, 3);
    t.is(
      evidence?.kind === 'proof' && convicted(world.network.id, rosterVerify(world.network), evidence.proof),
      cheater,
    );
  }
});

type Nonsense = readonly [what: string, use: Use, frames: (world: NetworkWorld, session: Uint8Array) => Uint8Array[]];

const nonsense: Nonsense[] = [
  ['an empty frame', 'agreement', () => [new Uint8Array(0)]],
  ['a frame of no kind', 'agreement', () => [Uint8Array.of(9, 1, 2, 3)]],
  ['half a nonce', 'agreement', () => [new Uint8Array(17)]],
  [
    'a message of no kind',
    'agreement',
    (_, session) => [encodeAgreementFrame({ kind: 'message', session, bytes: Uint8Array.of(200) })],
  ],
  [
    'an empty message',
    'agreement',
    (_, session) => [encodeAgreementFrame({ kind: 'message', session, bytes: new Uint8Array(0) })],
  ],
  [
    'a record signature that is none',
    'agreement',
    (_, session) => {
      const [recordHash, commitment] = [hash('record'), hash('state')];
      const signed = { height: 1, attempt: 1, bank: cheater, recordHash, commitment, signature: new Uint8Array(64) };
      return [encodeAgreementFrame({ kind: 'message', session, bytes: encodeMessage({ kind: 'signed', signed }) })];
    },
  ],
  [
    'a void that nobody signed',
    'agreement',
    (_, session) => {
      const said = { height: 1, attempt: 1, bank: cheater, signature: new Uint8Array(64), root: undefined };
      return [encodeAgreementFrame({ kind: 'message', session, bytes: encodeMessage({ kind: 'void', void: said }) })];
    },
  ],
  [
    'a computation heights ahead',
    'agreement',
    (_, session) => [
      encodeAgreementFrame({ kind: 'computation', session, height: 9, attempt: 1, base: 1, bytes: new Uint8Array(0) }),
    ],
  ],
  [
    'a computation further ahead than lockstep allows',
    'agreement',
    (_, session) =>
      Array.from({ length: computationFramesMax + 1 }, () =>
        encodeAgreementFrame({
          kind: 'computation',
          session,
          height: 1,
          attempt: 1,
          base: 0,
          bytes: new Uint8Array(0),
        }),
      ),
  ],
  ['an empty frame', 'envelopes', () => [new Uint8Array(0)]],
  ['a frame of no kind', 'envelopes', () => [Uint8Array.of(9, 1, 2, 3)]],
  ['more wishes than there may be', 'envelopes', () => [ids(wantedIdsMax + 1)]],
  [
    'an envelope under the name of another',
    'envelopes',
    world => [forward(world, transferEnvelope(world, 0, 1, 1n).envelope, hash('another'))],
  ],
  [
    'half an envelope',
    'envelopes',
    world => {
      const { envelope } = transferEnvelope(world, 0, 1, 1n);
      return [forward(world, envelope, envelope.id).subarray(0, 150)];
    },
  ],
  ['a frame without a session', 'preprocessing', () => [Uint8Array.of(1, 2, 3)]],
  [
    'frames without end',
    'preprocessing',
    (_, session) => Array.from({ length: preprocessingFramesMax + 1 }, () => new Writer().fixed(session).u8(0).done()),
  ],
];

for (const [what, use, make] of nonsense) {
  test(`a bank that sends nonsense is named, and the others halt: ${use}, ${what}`, async t => {
    const { onFrame, prefix } = listener();
    const world = await started({ onFrame });
    t.teardown(() => world.stopAll());
    await until('a session', () => prefix().length > 0 && world.bank(0).status().phase === 'idle');
    await until('all are ready', () => world.banks.every(bank => bank?.status().phase === 'idle'));
    // not waited for: a sender that is slowed down would wait for ever
    for (const frame of make(world, prefix())) void world.bank(0).frame(cheater, use, frame);
    await halts(t, world, true, what);
    t.is(world.bank(0).status().height, 0);
  });
}

/** The cheater's frames of computation number `step` to the banks in `to`, changed by a hand. */
function cheatAt(step: number, to: readonly number[], hand: (frame: Uint8Array) => Uint8Array) {
  const state = { armed: false };
  const onFrame = (from: number, at: number, use: Use, frame: Uint8Array) => {
    if (!state.armed || from !== cheater || use !== 'agreement' || !to.includes(at)) return frame;
    const said = decodeAgreementFrame(frame);
    if (said.kind !== 'computation' || stepOf(said.bytes) !== step) return frame;
    return encodeAgreementFrame({ ...said, bytes: hand(said.bytes) });
  };
  return { state, onFrame };
}

const stepOf = (bytes: Uint8Array) => bytes[32] + 256 * bytes[33];

const changeCommitment = editing((f: Frame) => ({ ...f, broadcast: flip(f.broadcast, 0) }));

for (const [what, named, step, to, hand] of [
  [
    'a correction in the first message',
    true,
    0,
    [0],
    (f: Uint8Array) => hands['the first correction'].hand(f, undefined, 0) ?? f,
  ],
  [
    'a share opened in the fourth',
    true,
    3,
    [0, 1],
    (f: Uint8Array) => hands['the first opened share'].hand(f, undefined, 0) ?? f,
  ],
  [
    'a share opened in the last',
    true,
    9,
    [1],
    (f: Uint8Array) => hands['the last opened share'].hand(f, undefined, 0) ?? f,
  ],
  ['the length of a message', true, 2, [0], (f: Uint8Array) => f.subarray(1)],
  ['a coin commitment towards one', false, 0, [1], changeCommitment],
] as const) {
  test(`a bank that changes ${what} stops the network: nothing is signed, and it stays stopped`, async t => {
    const { state, onFrame } = cheatAt(step, to, hand);
    const world = await started({ onFrame });
    t.teardown(() => world.stopAll());
    await openAll(world, [0, 1]);
    await quiet(world);
    const { height } = world.bank(0).status();
    state.armed = true;
    const { envelope } = transferEnvelope(world, 0, 1, 10n);
    await world.bank(0).submit(encodeEnvelope(envelope));
    await halts(t, world, named, what);
    for (const self of [0, 1]) {
      t.is(world.bank(self).status().height, height);
      t.is((await world.bank(self).records(1, 100)).length, height);
    }
    state.armed = false;
    const saw = to[0];
    await world.kill(saw);
    await world.start(saw);
    t.is(world.bank(saw).status().phase, 'halted');
    t.is(world.bank(saw).status().height, height);
  });
}

/** The test dealer's stock, in which `fails` may make one bank's fail: as it opens, or as it is drawn from. */
function failingStock(fails: (what: 'open' | 'reserve', bank: number) => boolean) {
  const dealers = new Map<string, Dealer>();
  const sessions = new Set<string>();
  const broken = () => new CovaultError('STOCK_CHECK_FAILED', 'a sacrifice failed');
  const none = { made: 0, used: 0 };
  const openStock = async (world: NetworkWorld, bank: number, session: Uint8Array, _: Channel): Promise<LiveStock> => {
    const name = toHex(session);
    sessions.add(name);
    const dealer = dealers.get(name) ?? new Dealer(world.parties, world.network.pageSize, hash('dealer', utf8(name)));
    dealers.set(name, dealer);
    if (fails('open', bank)) throw broken();
    const stock = dealer.stock(bank);
    return {
      ...stock,
      reserve: async (at, counts) => {
        if (fails('reserve', bank)) throw broken();
        return stock.reserve(at, counts);
      },
      ended: new Promise(() => {}),
      levels: () => ({ vole: none, triples: none, selections: none }),
      close: () => {},
    };
  };
  return { sessions, openStock };
}

const nobodyHalted = (world: NetworkWorld) => world.banks.every(bank => bank?.status().halted === undefined);

for (const bank of [0, 1, 2]) {
  test(`a stock that fails as it is made leads to a new session and names nobody: at bank ${bank}`, async t => {
    let left = 1;
    const { sessions, openStock } = failingStock((what, self) => what === 'open' && self === bank && left-- > 0);
    const world = await started({ openStock });
    t.teardown(() => world.stopAll());
    await openAll(world, [0, 1]);
    t.true(await pay(world, 0, 0, 1, 10n));
    t.deepEqual(await balances(world, [0, 1]), [90n, 210n]);
    t.true(sessions.size >= 2);
    t.true(nobodyHalted(world));
    t.is(world.bank(bank).status().counters.failedChecks, 1);
  });

  test(`a stock that fails in a block voids it, burns what was in it, and names nobody: at bank ${bank}`, async t => {
    let armed = false;
    const { sessions, openStock } = failingStock((what, self) => {
      if (what !== 'reserve' || self !== bank || !armed) return false;
      armed = false;
      return true;
    });
    const world = await started({ openStock });
    t.teardown(() => world.stopAll());
    await openAll(world, [0, 1]);
    await quiet(world);
    const before = sessions.size;
    armed = true;
    const { envelope } = transferEnvelope(world, 0, 1, 10n);
    await world.bank(1).submit(encodeEnvelope(envelope));
    const burned = async () => {
      const records = await world.bank(0).records(1, 100);
      return records.flatMap(({ record }) => decodeRecord(record).burned.map(toHex));
    };
    await until('burned in a record', async () => (await burned()).includes(toHex(envelope.id)));
    t.false(armed);
    t.true(sessions.size > before);
    // with fresh randomness it is paid, once
    t.true(await pay(world, 1, 0, 1, 10n));
    t.deepEqual(await balances(world, [0, 1]), [90n, 210n]);
    t.true(nobodyHalted(world));
    t.is(world.bank(bank).status().counters.failedChecks, 1);
  });
}

test('a bank that says nothing while correlations are made costs the session, and is accused of nothing', async t => {
  let silent = true;
  const stuck = failingStock(() => false);
  const world = await started({
    openStock: async (world, bank, session, channel) => {
      const stock = await stuck.openStock(world, bank, session, channel);
      if (bank !== 1 || !silent) return stock;
      silent = false;
      return { ...stock, ended: Promise.resolve(new CovaultError('TIMED_OUT', 'bank 0 says nothing', { from: 0 })) };
    },
  });
  t.teardown(() => world.stopAll());
  await openAll(world, [0, 1]);
  t.true(await pay(world, 0, 0, 1, 10n));
  t.true(stuck.sessions.size >= 2);
  t.true(nobodyHalted(world));
  t.is(world.bank(1).status().counters.stalls, 1);
  t.is(world.bank(0).status().counters.stalls, 0);
});
