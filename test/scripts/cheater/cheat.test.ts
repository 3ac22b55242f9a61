/**
 * A part of `./scripts/cheat`: among two banks every kind of message, each with some of its deviations, and the strategies; and
 * the canaries: with one check taken away the table shows a deviation that went undetected, or an honest bank that was named.
 *
 * Checks are taken away by patching prototypes: tests here run one after the other.
 */
import test from 'ava';
import { playInBlock } from '../../../scripts/cheater/block-strategies.js';
import { type Case, casesOf, record } from '../../../scripts/cheater/cases.js';
import { nameOf } from '../../../scripts/cheater/deviations.js';
import { Openings } from '../../../scripts/cheater/openings.js';
import { play } from '../../../scripts/cheater/play.js';
import { stageOf, worldOptions } from '../../../scripts/cheater/stage.js';
import { stories } from '../../../scripts/cheater/stories.js';
import { strategies } from '../../../scripts/cheater/strategies.js';
import { describeRow, isUndetected, type Row, rowOf, summarise } from '../../../scripts/cheater/table.js';
import { encodeAgreementFrame } from '../../../src/bank/transport.js';
import { Writer } from '../../../src/codec/index.js';
import { fp, P, type Vec, zeros } from '../../../src/field/index.js';
import { BlockChecks } from '../../../src/ledger/checks.js';
import { ProductLot } from '../../../src/preprocessing/products.js';
import { type Outgoing, Rounds } from '../../../src/session/index.js';
import { innerPublic, type Shares } from '../../../src/sharing/index.js';
import { NetworkWorld } from '../../harness/network.js';
import { blindToDigests } from '../../src/ledger/cheaters.js';

const cheater = 1;
const { step } = Rounds.prototype;
const { judge, consistency } = BlockChecks.prototype;
const products = ProductLot.prototype as unknown as { holds: (sigma: Vec) => boolean };
const { holds } = products;

test.afterEach.always(() => {
  Object.assign(Rounds.prototype, { step });
  Object.assign(BlockChecks.prototype, { judge, consistency });
  Object.assign(products, { holds });
});

const storyNamed = (name: string) => stories.filter(story => story.name === name)[0];

async function played({ stage, story, cheater: of, deviation }: Case): Promise<Row | undefined> {
  const result = await play(stage, story, of, deviation);
  return result.done > 0 ? rowOf({ stage, story, cheater: of, deviation }, result) : undefined;
}

/** Every so many of a message's deviations, and of those that one field has the first. */
const every = 17;

for (const story of stories) {
  test.serial(`among two banks, ${story.name}: what the second changes is noticed, or has changed nothing`, async t => {
    const recording = await record(story, 2, cheater);
    t.true(recording.messages.length > 0);
    const rows: Row[] = [];
    for (const { kind } of recording.messages) {
      const cases = casesOf(recording, false).filter(({ deviation }) => deviation.kind === kind);
      for (let k = 0; k < cases.length; k += every) rows.push(...[await played(cases[k])].flatMap(row => row ?? []));
    }
    const { undetected, wronglyNamed, unexpected } = summarise(rows);
    t.deepEqual(
      { undetected, wronglyNamed, unexpected },
      { undetected: 0, wronglyNamed: 0, unexpected: 0 },
      rows.map(describeRow).join('\n'),
    );
  });
}

for (const strategy of strategies) {
  test.serial(
    `a bank that ${strategy.name.replace(/^bets/, 'bets, and loses or wins,')} gets nothing by it`,
    async t => {
      const rows = await strategy.run(strategy.banksMin, cheater);
      t.true(rows.length > 0);
      const { undetected, wronglyNamed, unexpected } = summarise(rows);
      t.deepEqual(
        { undetected, wronglyNamed, unexpected },
        { undetected: 0, wronglyNamed: 0, unexpected: 0 },
        rows.map(describeRow).join('\n'),
      );
    },
  );
}

test.serial('bets on bits of a secret are lost and won, and those that are lost are noticed', async t => {
  const outcomes = new Set<string>();
  for (const { name, run } of strategies) {
    if (!name.startsWith('bets')) continue;
    for (const { outcome } of await run(2, 0)) outcomes.add(outcome);
  }
  t.true(outcomes.has('named') && outcomes.has('restarted') && outcomes.has('unmoved'));
});

// --- canaries ---------------------------------------------------------------------------------------------------------

test.serial(
  'canary: with the keys of the others known, a paid transfer is cancelled and the table says so',
  async t => {
    const story = storyNamed('a block');
    const stage = await stageOf(2, story.pageSize, story.stock);
    const { parties } = new NetworkWorld(worldOptions(2, story.pageSize, story.stock, 'keys'));
    const faults: string[] = [];
    for (const by of [1n, P - 1n]) {
      Rounds.prototype.step = function (label: string, message: Outgoing) {
        if (this.party.self !== cheater || label !== 'wave 0 w' || !message.open)
          return step.call(this, label, message);
        const shift = zeros(message.open.length);
        shift[0] = by;
        const moved = (row: Vec, factor: bigint) =>
          BigUint64Array.from(row, (x, k) => fp.add(x, fp.mul(factor, shift[k])));
        const { value, tags, ...rest } = message.open;
        const open: Shares = {
          ...rest,
          value: moved(value, 1n),
          tags: tags.map((row, j) => (j === cheater ? row : moved(row, parties[j].deltas[cheater]))),
        };
        return step.call(this, label, { ...message, open });
      };
      faults.push(...(await play(stage, story, cheater, undefined)).faults);
    }
    t.true(faults.includes('a transfer is cancelled, and should not be'), faults.join('\n'));
  },
);

test.serial('canary: without the integrity check a bank reveals another balance, undetected', async t => {
  const name = 'changes its own share of the mask of a balance that is revealed';
  t.false((await playInBlock(name, 2, cheater)).some(isUndetected));
  BlockChecks.prototype.judge = function (header, opened) {
    const found = judge.call(this, header, opened);
    return found === 'integrity' ? undefined : found;
  };
  const [row] = await playInBlock(name, 2, cheater);
  t.deepEqual(row.faults, ['a balance is revealed wrong']);
  t.true(isUndetected(row));
});

test.serial('canary: without the consistency opening two verifiers hold two values, undetected', async t => {
  const name = 'gives two verifiers different inputs, with a holder’s help, and hides it';
  t.false((await playInBlock(name, 3, cheater)).some(isUndetected));
  BlockChecks.prototype.consistency = (inputs: Shares) => innerPublic(zeros(inputs.length), inputs);
  const [row] = await playInBlock(name, 3, cheater);
  t.true(isUndetected(row), describeRow(row));
});

test.serial('canary: without the digests a liar makes honest banks name each other', async t => {
  const name = 'shows one bank another coin';
  t.is(summarise(await playInBlock(name, 3, cheater)).wronglyNamed, 0);
  const rows = await playInBlock(name, 3, cheater, blindToDigests);
  t.is(summarise(rows).wronglyNamed, 1, rows.map(describeRow).join('\n'));
});

test.serial('canary: without the sacrifice spoiled products reject an honest envelope, undetected', async t => {
  const recording = await record(storyNamed('products are made'), 2, cheater);
  const change = 'preprocessing/productCorrections, corrections, another value';
  const found = casesOf(recording, true).filter(({ deviation }) => nameOf(deviation) === change);
  t.is(found.length, 1);
  // every element, so that no bit of a selector can hide it
  const spoil = (bytes: Uint8Array) => bytes.map((byte, at) => (at > 8 && at % 8 === 1 ? byte ^ 1 : byte));
  const spoiled = { ...found[0], deviation: { ...found[0].deviation, does: spoil } };
  t.false(isUndetected((await played(spoiled)) as Row));
  products.holds = () => true;
  const row = (await played(spoiled)) as Row;
  t.true(isUndetected(row), describeRow(row));
});

/** A message of a computation in which bank 0 broadcasts so much. */
function said(number: number, broadcast: Uint8Array, context = 1): Uint8Array {
  const none = new Uint8Array(0);
  const w = new Writer(256).fixed(new Uint8Array(32).fill(context)).u16(number).fixed(new Uint8Array(32));
  const bytes = w.bytes(broadcast).bytes(none).bytes(none).done();
  return encodeAgreementFrame({
    kind: 'computation',
    session: new Uint8Array(8),
    height: 1,
    attempt: 1,
    base: 0,
    bytes,
  });
}

test('canary: a bank that opens what no block opens, speaks too early, after its end, or twice, is found', t => {
  const shapes = [['32/0/0', '80/0/0']];
  const [first, coin] = [said(0, new Uint8Array(32)), said(1, new Uint8Array(80))];
  const watch = (says: (watched: Openings) => void) => {
    const openings = new Openings(2, cheater, shapes);
    says(openings);
    return [...openings.faults];
  };
  const begins = (o: Openings) => {
    o.leaves(0, 1, 'agreement', first, false);
    o.arrives(1, 0, 'agreement', first);
  };
  const early = (o: Openings) => o.leaves(0, 1, 'agreement', coin, false);
  const honest = watch(o => {
    begins(o);
    early(o);
  });
  t.deepEqual(honest, []);
  const tooEarly = watch(o => {
    o.leaves(0, 1, 'agreement', first, false);
    early(o);
  });
  t.regex(tooEarly[0], /without bank 1's message 0/);
  t.regex(watch(o => o.leaves(0, 1, 'agreement', said(0, new Uint8Array(33)), false))[0], /opens what no block opens/);
  t.regex(watch(o => o.leaves(0, 1, 'agreement', first, true))[0], /after it has halted/);
  const again = watch(o => {
    for (const context of [1, 2]) {
      const [a, b] = [said(0, new Uint8Array(32), context), said(1, new Uint8Array(80), context)];
      o.leaves(0, 1, 'agreement', a, false);
      o.arrives(1, 0, 'agreement', a);
      o.leaves(0, 1, 'agreement', b, false);
    }
  });
  t.deepEqual(again, ['bank 0 uses an envelope in two attempts']);
});
