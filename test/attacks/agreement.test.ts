/**
 * Attacks of protocol.md section 12 on agreement and wallets, with the one defence taken away that stops them: there they
 * succeed. What plays them against the code as it is stands in `index.ts`.
 *
 * Defences are taken away by patching prototypes: tests here run one after the other.
 */
import test from 'ava';
import { Writer } from '../../src/codec/index.js';
import { hash, seededRandom } from '../../src/crypto/index.js';
import type { Envelope } from '../../src/envelope/index.js';
import { CovaultError, isCode } from '../../src/errors.js';
import { encodeRecord, type LedgerRecord, type Verify, writeCertificate } from '../../src/ledger/log.js';
import { type Block, settle } from '../../src/ledger/settle.js';
import { Rounds } from '../../src/session/index.js';
import type { RecordNews } from '../../src/wallet/client.js';
import { finalRecords } from '../../src/wallet/follow.js';
import { advance, putOrder, startState, withSealed } from '../../src/wallet/state.js';
import { admit, type World as Computation, transferEnvelope, wavesOf } from '../harness/banks.js';
import { memoryNetwork } from '../harness/memory-channel.js';
import { World } from '../src/agreement/world.js';
import { openedWorld } from '../src/ledger/cheaters.js';
import { certify, idOf, makeBanks, makeChain, makeRecord, signCommitted } from '../src/ledger/records.js';

const { absorb } = Rounds.prototype;

test.afterEach.always(() => {
  Object.assign(Rounds.prototype, { absorb });
});

// --- burned lists told differently -------------------------------------------------------------------------------------

/** Bank 2 has told bank 0 that the envelope is burned, and bank 1 not: what these two, both honest, say of it. */
async function toldDifferently(world: Computation, envelope: Envelope): Promise<(CovaultError | undefined)[]> {
  const channels = memoryNetwork(3);
  const at = world.stocks[1].positions();
  const runs = world.states.map(async (state, bank) => {
    const envelopes = bank === 1 ? [envelope] : [];
    const block: Block = {
      height: world.height + 1,
      attempt: 0,
      context: hash('test/told-differently'),
      proposalsDigest: hash('test/proposals', Uint8Array.of(envelopes.length)),
      envelopes: envelopes.map(each => admit(world, bank, each)),
      waves: wavesOf(envelopes),
      at,
      balances: async () => {},
    };
    try {
      await settle(state, world.stocks[bank], channels[bank], seededRandom(world.random.bytes(32)), block);
      return undefined;
    } catch (error) {
      channels[bank].close();
      if (!(error instanceof CovaultError)) throw error;
      return error;
    }
  });
  return (await Promise.all(runs)).slice(0, 2).filter(error => error?.code !== 'SESSION_ENDED');
}

test.serial(
  'without the digest of the proposals, burned lists told differently make honest banks accuse each other',
  async t => {
    const world = await openedWorld(3, 1);
    const { envelope } = transferEnvelope(world, 0, 1, 10n);
    const parted = await toldDifferently(world, envelope);
    t.true(parted.length > 0);
    for (const error of parted) {
      t.is(error?.code, 'DIGEST_MISMATCH');
      t.is(error?.culprit, undefined);
    }
    Rounds.prototype.absorb = () => {};
    const blamed = await toldDifferently(world, envelope);
    t.true(blamed.some(error => error?.code === 'DEVIATION' && error.culprit !== 2));
  },
);

// --- a message after a void --------------------------------------------------------------------------------------------

/** Bank 0 has voided the attempt; what it would have signed had its run gone on reaches bank 1 all the same, or does not. */
function afterVoid(goesOn: boolean): number | undefined {
  const run = () => {
    const w = new World(3);
    w.admit('x');
    w.propose(['x']);
    return w;
  };
  const w = run();
  const [a, b] = w.honest;
  const running = a.run;
  a.give({ type: 'failed', height: 1, attempt: 1, base: 0 });
  w.pump();
  if (running) a.compute(running); // it ends, and the machine is told
  w.pump();
  // the same bank, not stopped by its void: it signs
  const twin = run();
  twin.compute([0]);
  for (const { from, message } of twin.heard) {
    const isOfRecord = message.kind === 'entry' || message.kind === 'signed';
    if (goesOn && from === 0 && isOfRecord) b.give({ type: 'message', from, bytes: twin.bytes(message) });
  }
  w.pump();
  return w.convictedBy(1);
}

test.serial('a bank that did not stop with its void would be convicted, honest as it is', t => {
  t.is(afterVoid(false), undefined);
  t.is(afterVoid(true), 0);
});

// --- a backup from between mark and signature ----------------------------------------------------------------------------

/** Bank 0 has signed, and comes back on its disk from before. `waits`: for what the others have heard of it. */
function backFromBefore(waits: boolean): number | undefined {
  const run = () => {
    const w = new World(3);
    w.admit('x');
    w.propose(['x']);
    return w;
  };
  const restart = (w: World, entries = new Map(w.honest[0].store.entries)) => {
    w.honest[0].crash();
    w.honest[0].store.entries.clear();
    for (const [key, value] of entries) w.honest[0].store.entries.set(key, value);
    w.honest[0].start();
    w.startSession('session 2');
    w.tellStatus(0);
  };
  const w = run();
  const before = new Map(w.honest[0].store.entries);
  w.compute();
  restart(w, before);
  // the same disk among banks that have told it nothing: its void is what it would have said at once
  const twin = run();
  twin.compute([1]);
  restart(twin);
  const [hasty] = twin.said(0, 'void');
  if (!waits) w.honest[1].give({ type: 'message', from: 0, bytes: w.bytes(hasty) });
  w.pump();
  return w.convictedBy(1);
}

test.serial('a bank on a backup that voided before the others told it what it signed would be convicted', t => {
  t.is(backFromBefore(true), undefined);
  t.is(backFromBefore(false), 0);
});

// --- "expired" told while it had settled --------------------------------------------------------------------------------

test.serial('a wallet that checked no certificates would be told "expired" of what has settled, and pay again', t => {
  const banks = makeBanks(3);
  const { network } = banks;
  const chain = makeChain(banks, [{ entries: ['mine'] }, {}, {}]);
  const forged = makeChain(banks, [{}, {}, {}]); // the same heights, without it
  const genesis = { height: 0, hash: network.id };
  const news = (record: LedgerRecord, signers = banks): RecordNews => ({
    record: encodeRecord(record),
    certificate: writeCertificate(new Writer(), certify(signers, record)).done(),
    committed: signCommitted(signers, record),
  });
  const order = {
    name: 'order',
    intent: { kind: 'transfer', from: 0, to: 1, amount: 1n },
    sealed: undefined,
    tries: 0,
    outcome: { state: 'pending' },
  } as const;
  const sealed = { id: idOf('mine'), bytes: new Uint8Array(1), expiry: 3, base: genesis, secret: 0n };
  const waiting = putOrder(startState('', network.id), withSealed(order, sealed));
  const told = (shown: readonly RecordNews[], verify?: Verify) => {
    const { records, head } = finalRecords(network, genesis, shown, verify);
    return advance(waiting, records, head).orders.get('order');
  };
  // n-1 banks and a gateway of theirs: one signature is missing
  const others = { ...banks, seeds: [makeBanks(3, 'forgers').seeds[0], ...banks.seeds.slice(1)] };
  const withheld = [makeRecord(network), ...forged.slice(1)].map(record => news(record, others));
  t.deepEqual(told(chain.map(record => news(record)))?.outcome, { state: 'settled', height: 1 });
  const error = t.throws(() => told(forged.map(record => news(record, others))));
  t.true(isCode(error, 'BAD_CERTIFICATE'));
  t.true(
    isCode(
      t.throws(() => told(withheld)),
      'BAD_CERTIFICATE',
    ),
  );
  const deceived = told(
    forged.map(record => news(record, others)),
    () => true,
  );
  t.deepEqual(deceived?.outcome, { state: 'dead', height: 3, why: 'expired' });
  // and dead is what makes room for a second envelope
  if (deceived) t.is(withSealed(deceived, { ...sealed, id: idOf('again') }).tries, 2);
});
