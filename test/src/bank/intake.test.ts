/** What may happen while packets are being opened elsewhere. */
import test from 'ava';
import { announceGroup, BurnedIds, Pool } from '../../../src/agreement/index.js';
import { EnvelopeDesk } from '../../../src/bank/envelope-desk.js';
import { type Intake, Opener, openHere, type Unopened } from '../../../src/bank/index.js';
import { ed25519, toHex } from '../../../src/crypto/index.js';
import { type Envelope, encodeEnvelope, encodeHeader, SubmissionSession } from '../../../src/envelope/index.js';
import { CovaultError, isCode } from '../../../src/errors.js';
import { rosterVerify } from '../../../src/ledger/log.js';
import { LedgerState } from '../../../src/ledger/state.js';
import { intakeStartTriesMax, wantBlocks } from '../../../src/limits.js';
import { inputLength } from '../../../src/operations/index.js';
import { accountKeys, makeWorld, openEnvelope, transferEnvelope, type World } from '../../harness/banks.js';
import { HeldIntake } from '../../harness/held-intake.js';
import { balances, flipped, openAll, quiet, sealed, settle, statuses } from '../../harness/holders.js';
import { type MemoryStore, memoryStore } from '../../harness/memory-store.js';
import { NetworkWorld, silent, until } from '../../harness/network.js';

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    error => error.code ?? String(error),
  );

/** Banks whose intakes can be held; accounts 0 and 1 are open, 3 is closed and empty. */
async function held(banks: number) {
  const intakes: HeldIntake[] = [];
  const world = new NetworkWorld({
    banks,
    pageSize: 1,
    balances: [100n, 200n, 300n, 0n],
    intake: ({ parties, sealingSecrets }, bank) => {
      intakes[bank] = new HeldIntake(openHere(parties[bank], sealingSecrets[bank]));
      return intakes[bank];
    },
  });
  await world.startAll();
  await openAll(world, [0, 1]);
  await quiet(world);
  return { world, intakes };
}

const isOf =
  (...envelopes: Envelope[]) =>
  ({ id }: Unopened) =>
    envelopes.some(envelope => toHex(envelope.id) === toHex(id));

test('one envelope submitted twice at once is opened twice, gets one number and is paid once', async t => {
  const { world, intakes } = await held(2);
  t.teardown(() => world.stopAll());
  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  intakes[0].holds = isOf(envelope);
  const both = [1, 2].map(() => world.bank(0).submit(encodeEnvelope(envelope)));
  t.is(intakes[0].heldCount, 2);
  intakes[0].letGo();
  t.deepEqual(await Promise.all(both), [envelope.id, envelope.id]);
  await settle(world, 0, envelope);
  t.is(await world.bank(0).submit(encodeEnvelope(envelope)).then(toHex), toHex(envelope.id), 'decided: no error');
  t.deepEqual(await balances(world, [0, 1]), [90n, 210n]);
});

test('an envelope that is forwarded again while its packet is being opened is seen once', async t => {
  const { world, intakes } = await held(2);
  t.teardown(() => world.stopAll());
  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  intakes[1].holds = isOf(envelope);
  await world.bank(0).submit(encodeEnvelope(envelope));
  await until('it is on its way', () => intakes[1].heldCount === 1);
  world.bank(0).linkUp(1); // sends all it sponsors again
  await until('so is its copy', () => intakes[1].heldCount === 2);
  const before = (world.stores[1] as MemoryStore).count;
  intakes[1].letGo();
  await settle(world, 0, envelope);
  t.true((world.stores[1] as MemoryStore).count > before);
  t.deepEqual(await balances(world, [0, 1]), [90n, 210n]);
  for (const bank of world.banks) t.is(bank?.status().halted, undefined);
});

test('of two envelopes with one key part that are opened at once, the second is refused', async t => {
  const { world, intakes } = await held(2);
  t.teardown(() => world.stopAll());
  const seed = new Uint8Array(32).fill(7);
  const [one, two] = [100, 101].map(expiry => sealed(world, { seed, expiry }));
  t.notDeepEqual(one.id, two.id);
  t.deepEqual(one.header.keyHashes, two.header.keyHashes);
  intakes[0].holds = isOf(one, two);
  const codes = [one, two].map(envelope => codeOf(world.bank(0).submit(encodeEnvelope(envelope))));
  t.is(intakes[0].heldCount, 2);
  intakes[0].letGo();
  t.deepEqual(await Promise.all(codes), ['ok', 'SEEN_BEFORE']);
});

test('a spoiled copy that is being opened does not take the true envelope with it', async t => {
  const { world, intakes } = await held(2);
  t.teardown(() => world.stopAll());
  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  const spoiled = { ...envelope, packets: [flipped(envelope.packets[0]), envelope.packets[1]] };
  intakes[0].holds = isOf(envelope);
  const codes = [spoiled, envelope].map(each => codeOf(world.bank(0).submit(encodeEnvelope(each))));
  intakes[0].letGo();
  t.deepEqual(await Promise.all(codes), ['PACKET_UNREADABLE', 'ok']);
  await settle(world, 0, envelope);
});

test('an account that was opened while another envelope for it was being opened is not opened again', async t => {
  const { world, intakes } = await held(2);
  t.teardown(() => world.stopAll());
  const [late, early] = [openEnvelope(world, 3), openEnvelope(world, 3)];
  intakes[0].holds = isOf(late);
  const code = codeOf(world.bank(0).submit(encodeEnvelope(late)));
  await settle(world, 1, early);
  intakes[0].letGo();
  t.is(await code, 'SLOT_OPEN');
  t.is((await statuses(world, 0)).get(toHex(late.id)), undefined);
});

test('nothing of what is being opened reaches the store of a bank that has stopped', async t => {
  const { world, intakes } = await held(2);
  t.teardown(() => world.stopAll());
  const [mine, theirs] = [1n, 2n].map(amount => transferEnvelope(world, 0, 1, amount).envelope);
  intakes[0].holds = isOf(mine, theirs);
  const code = codeOf(world.bank(0).submit(encodeEnvelope(mine)));
  await world.bank(1).submit(encodeEnvelope(theirs));
  await until('both are on their way', () => intakes[0].heldCount === 2);
  const bank = world.bank(0);
  await world.kill(0);
  const before = (world.stores[0] as MemoryStore).count;
  intakes[0].letGo();
  t.is(await code, 'SESSION_ENDED');
  await new Promise(resolve => setTimeout(resolve, 20));
  t.is((world.stores[0] as MemoryStore).count, before);
  t.deepEqual(await bank.envelope(theirs.id), { state: 'unknown' });
  await world.start(0);
  await settle(world, 0, mine);
  t.deepEqual(await balances(world, [0, 1]), [97n, 203n]);
});

/** A desk of bank 0 alone, with whatever intake; accounts 0 and 1 are open. */
function desk(world: World, intake: Intake) {
  const state = new LedgerState(world.network, world.parties[0]);
  for (const account of [0, 1]) install(state, account, account);
  const store = memoryStore();
  const none = () => {};
  const wanted: string[] = [];
  const pool = new Pool(world.network, rosterVerify(world.network), new BurnedIds());
  const made = new EnvelopeDesk({
    state,
    pool,
    store,
    log: silent,
    intake,
    isStopped: () => false,
    sign: message => ed25519.sign(world.identitySeeds[0], message),
    commit: ops => store.commit(ops),
    forward: async () => {},
    want: (_, ids) => void wanted.push(...ids.map(toHex)),
    ready: none,
    proof: none,
  });
  return { desk: made, pool, state, store, wanted };
}

function install(state: LedgerState, account: number, keysOf: number): void {
  const { spendingSeed, viewingSeed } = accountKeys(keysOf);
  state.open[account] = 1;
  state.publicKeys.set(account, {
    spending: ed25519.publicKey(spendingSeed),
    viewing: ed25519.publicKey(viewingSeed),
  });
}

const twoBanks = () => makeWorld({ banks: 2, pageSize: 1, balances: [100n, 200n] });
const hereAt = (world: World, bank = 0) => openHere(world.parties[bank], world.sealingSecrets[bank].slice());

test('a signature under a key that was changed meanwhile is refused, though the intake has taken it', async t => {
  const world = twoBanks();
  const intake = new HeldIntake(hereAt(world));
  const { desk: at, state, store } = desk(world, intake);
  const { envelope } = transferEnvelope(world, 0, 1, 1n);
  intake.holds = () => true;
  const code = codeOf(at.submit(encodeEnvelope(envelope)));
  install(state, 0, 7);
  intake.letGo();
  t.is(await code, 'BAD_SIGNATURE');
  t.is(store.count, 0);
});

test('what other banks have burned is decided, though it was never here: nothing of it is opened, numbered or kept', async t => {
  const world = twoBanks();
  const { desk: at, pool, store } = desk(world, hereAt(world));
  const { envelope } = transferEnvelope(world, 0, 1, 1n);
  pool.burned.burn([envelope.id]);
  t.deepEqual(await at.submit(encodeEnvelope(envelope)), envelope.id);
  t.false(at.isPending(envelope.id));
  t.is(at.admitted(envelope.id), undefined);
  t.is(store.count, 0);
  const other = transferEnvelope(world, 0, 1, 1n).envelope;
  await at.submit(encodeEnvelope(other));
  t.true(at.isPending(other.id));
});

test('what a sponsor’s link has passed over is asked for, what is on its way is not', async t => {
  const world = twoBanks();
  const { desk: at, wanted } = desk(world, hereAt(world));
  const envelopes = [1n, 2n, 3n].map(amount => transferEnvelope(world, 0, 1, amount).envelope);
  const sign = (statement: Uint8Array) => ed25519.sign(world.identitySeeds[1], statement);
  const announcements = announceGroup(
    world.network.id,
    1,
    1,
    envelopes.map(({ id }) => id),
    sign,
  );
  const arrive = (k: number) => {
    const { header, signature, packets } = envelopes[k];
    return at.receive(1, {
      announcement: announcements[k],
      header: encodeHeader(header),
      signature,
      packet: packets[0],
    });
  };
  at.ask(announcements);
  t.deepEqual(wanted, []);
  await arrive(1);
  at.ask(announcements);
  at.ask(announcements);
  t.deepEqual(wanted, [toHex(envelopes[0].id)], 'once');
  // a new link begins with all that is undecided
  at.forwardAll(1);
  at.startSession();
  at.ask(announcements);
  t.is(wanted.length, 1);
  await arrive(2);
  at.ask(announcements);
  t.deepEqual(wanted.slice(1), [toHex(envelopes[0].id)]);
  await arrive(0);
  at.startSession();
  at.ask(announcements);
  t.is(wanted.length, 2);
});

test('what does not come though nothing came after it is asked for, too, some blocks later', async t => {
  const world = twoBanks();
  const { desk: at, wanted } = desk(world, hereAt(world));
  const sign = (statement: Uint8Array) => ed25519.sign(world.identitySeeds[1], statement);
  const { id } = transferEnvelope(world, 0, 1, 1n).envelope;
  const announcements = announceGroup(world.network.id, 1, 1, [id], sign);
  for (let block = 0; block < wantBlocks; block++) {
    at.ask(announcements);
    t.deepEqual(wanted, []);
    await at.retry();
  }
  at.ask(announcements);
  t.deepEqual(wanted, [toHex(id)]);
});

function unopened(world: World, envelope: Envelope, bank = 0): Unopened {
  const { header, id, signature, packets } = envelope;
  const key = ed25519.publicKey(accountKeys(0).spendingSeed);
  const length = inputLength(world.network, header.arguments.kind);
  return { header, id, length, signed: signature && { key, signature }, packet: packets[bank] };
}

test('a wrong signature is told before a packet that does not open, and without a packet it is all that is asked', async t => {
  const world = twoBanks();
  const intake = hereAt(world);
  const { envelope } = transferEnvelope(world, 0, 1, 1n);
  const good = unopened(world, envelope);
  const packet = flipped(envelope.packets[0]);
  const signed = { key: ed25519.publicKey(accountKeys(0).viewingSeed), signature: envelope.signature as Uint8Array };
  t.is((await intake.open(0, good))?.share().length, good.length);
  t.is(await codeOf(intake.open(0, { ...good, packet })), 'PACKET_UNREADABLE');
  t.is(await codeOf(intake.open(0, { ...good, packet, signed })), 'BAD_SIGNATURE');
  t.is(await codeOf(intake.open(0, { ...good, packet: undefined, signed })), 'BAD_SIGNATURE');
  t.is(await intake.open(0, { ...good, packet: undefined }), undefined);
});

test('at a desk a wrong signature comes before wrong lengths, and these before a packet that does not open', async t => {
  const world = twoBanks();
  const { desk: at } = desk(world, hereAt(world));
  const { envelope } = transferEnvelope(world, 0, 1, 1n);
  const unsigned = { signature: ed25519.sign(accountKeys(1).spendingSeed, envelope.id) };
  const [own, other] = envelope.packets;
  const cut = { packets: [flipped(own), other.slice(1)] };
  const closed = transferEnvelope(world, 0, 1, 1n).envelope;
  const refused: [string, Envelope][] = [
    ['BAD_SIGNATURE', { ...envelope, ...unsigned, ...cut }],
    ['MALFORMED', { ...envelope, ...cut }],
    ['PACKET_UNREADABLE', { ...envelope, packets: [flipped(own), other] }],
    ['BAD_SIGNATURE', { ...closed, ...unsigned }],
  ];
  for (const [code, each] of refused) t.is(await codeOf(at.submit(encodeEnvelope(each))), code);
  t.is(await codeOf(at.submit(encodeEnvelope(envelope))), 'ok');
});

test('an opener that was wiped opens nothing any more, in sessions it knows neither', t => {
  const world = twoBanks();
  const secret = world.sealingSecrets[0].slice();
  const opener = new Opener(world.parties[0], secret);
  const { seal } = new SubmissionSession(world.network, world.random);
  const all = [seal, seal, undefined].map(each => transferEnvelope(world, 0, 1, 1n, each).envelope);
  const [known, next, lone] = all.map(envelope => unopened(world, envelope));
  t.true(opener.open(0, known) instanceof Uint8Array);
  opener.wipe();
  t.true(secret.every(byte => byte === 0));
  for (const each of [known, next, lone]) {
    t.true(
      isCode(
        t.throws(() => opener.open(0, each)),
        'PACKET_UNREADABLE',
      ),
    );
  }
});

test('a bank that starts outlives threads lost over stored envelopes, and says so when it does not', async t => {
  let losses = 0;
  const { network: world, start } = losing(() => losses-- > 0);
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  await quiet(world);
  await world.kill(1);
  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  await world.bank(0).submit(encodeEnvelope(envelope)); // stored, and undecided while a bank is away
  await world.kill(0);
  losses = intakeStartTriesMax;
  t.is(await codeOf(start(0)), 'WORKER_LOST');
  losses = intakeStartTriesMax - 1;
  t.is(await codeOf(start(0)), 'ok');
  await start(1);
  await settle(world, 0, envelope);
  t.deepEqual(await balances(world, [0, 1]), [90n, 210n]);
});

/** Two banks whose intake is lost when it says so. */
function losing(isLost: () => boolean) {
  const network = new NetworkWorld({
    banks: 2,
    pageSize: 1,
    balances: [100n, 200n],
    intake: ({ parties, sealingSecrets }, bank) => {
      const under = openHere(parties[bank], sealingSecrets[bank].slice());
      return {
        open: async (from, unopened) => {
          if (isLost()) throw new CovaultError('WORKER_LOST', 'the intake thread has ended');
          return under.open(from, unopened);
        },
      };
    },
  });
  return { network, start: (bank: number) => network.start(bank) };
}
