/** Blocks settle as the rules in the clear say. */
import test from 'ava';
import fc from 'fast-check';
import type { Envelope } from '../../../src/envelope/index.js';
import { fp } from '../../../src/field/index.js';
import { type PlainLedger, plainOpen, plainRekey, plainSupply, plainTransfer } from '../../../src/ledger/rules.js';
import type { Settled } from '../../../src/ledger/settle.js';
import { locate } from '../../../src/network/index.js';
import {
  applied,
  auditEnvelope,
  balancesOf,
  makeWorld,
  openEnvelope,
  rekeyEnvelope,
  revealEnvelope,
  settleBlock,
  transferEnvelope,
  type World,
} from '../../harness/banks.js';

const ten = Array.from({ length: 10 }, () => 100n);

test('the notebook: 100 from account 0 to 1 is paid once, the second time it would overdraw', async t => {
  const world = makeWorld({ banks: 2, pageSize: 10, balances: ten });
  await settleBlock(
    world,
    ten.map((_, account) => openEnvelope(world, account)),
  );
  for (const paid of [true, false]) {
    const { envelope, theta } = transferEnvelope(world, 0, 1, 100n);
    const settled = await settleBlock(world, [envelope]);
    t.is(applied(settled, 0, theta), paid);
    t.deepEqual(balancesOf(world), [0n, 200n, ...ten.slice(2)]);
  }
});

/** Opened at the start, 0 .. 5; the rest of the accounts may be opened later. */
const openAtStart = 6;

type Command =
  | { readonly kind: 'transfer'; readonly from: number; readonly to: number; readonly amount: number }
  | { readonly kind: 'reveal'; readonly account: number }
  | { readonly kind: 'open'; readonly account: number }
  | { readonly kind: 'rekey'; readonly account: number }
  | { readonly kind: 'audit' };

function commands(accounts: number): fc.Arbitrary<Command> {
  const account = fc.nat(openAtStart - 1);
  const kind = <const K extends string>(name: K) => fc.constant(name);
  return fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: kind('transfer'), from: account, to: account, amount: fc.nat(150) }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('reveal'), account }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: kind('open'), account: fc.integer({ min: openAtStart, max: accounts - 1 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: kind('rekey'), account }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('audit') }) },
  );
}

/** A block's envelopes, what the plain ledger makes of them, and what every status must say. */
class Scenario {
  readonly envelopes: Envelope[] = [];
  readonly expectations: ((settled: Settled) => boolean)[] = [];
  ledger: PlainLedger;
  readonly #world: World;

  constructor(world: World, ledger: PlainLedger, block: readonly Command[]) {
    this.#world = world;
    this.ledger = ledger;
    const of = <K extends Command['kind']>(kind: K) =>
      block.filter((c): c is Extract<Command, { kind: K }> => c.kind === kind);
    for (const { account } of of('reveal')) this.#reveal(account);
    this.#transfers(of('transfer'));
    for (const account of new Set(of('open').map(c => c.account))) this.#open(account);
    // one of each page: what the plan leaves in a block
    const rekeys = new Map(of('rekey').map(c => [locate(world.network, c.account).page, c.account]));
    for (const account of rekeys.values()) this.#rekey(account);
    for (const _ of of('audit')) this.#audit();
  }

  #push(envelope: Envelope, expectation: (settled: Settled, index: number) => boolean): void {
    const index = this.envelopes.push(envelope) - 1;
    this.expectations.push(settled => expectation(settled, index));
  }

  #reveal(account: number): void {
    const { envelope, outputMask } = revealEnvelope(this.#world, account, this.ledger[account].keys);
    const { balance } = this.ledger[account]; // at the block's start
    this.#push(envelope, ({ statuses }, index) => {
      const status = statuses[index];
      return status.kind === 'revealed' && fp.sub(status.y, outputMask) === balance;
    });
  }

  /** Debits of one page run wave by wave; a wave pays from what the wave before has left. */
  #transfers(transfers: readonly Extract<Command, { kind: 'transfer' }>[]): void {
    const waves: (typeof transfers)[] = [];
    const debits = new Map<number, number>();
    for (const transfer of transfers) {
      const { page } = locate(this.#world.network, transfer.from);
      const wave = debits.get(page) ?? 0;
      debits.set(page, wave + 1);
      waves[wave] = [...(waves[wave] ?? []), transfer];
    }
    const paid = new Map<object, boolean>();
    for (const wave of waves) {
      const before = this.ledger;
      for (const transfer of wave) {
        const { from, to } = transfer;
        const amount = BigInt(transfer.amount);
        paid.set(transfer, before[from].balance >= amount);
        if (paid.get(transfer)) this.ledger = plainTransfer(this.ledger, from, to, amount).ledger;
      }
    }
    for (const transfer of transfers) {
      const { envelope, theta } = transferEnvelope(
        this.#world,
        transfer.from,
        transfer.to,
        BigInt(transfer.amount),
        undefined,
        this.ledger[transfer.from].keys,
      );
      this.#push(envelope, (settled, index) => applied(settled, index, theta) === paid.get(transfer));
    }
  }

  #open(account: number): void {
    if (this.ledger[account].open) return;
    this.ledger = plainOpen(this.ledger, account).ledger;
    this.#push(openEnvelope(this.#world, account), ({ statuses }, index) => statuses[index].kind === 'opened');
  }

  #rekey(account: number): void {
    const { keys = 0 } = this.ledger[account];
    this.ledger = plainRekey(this.ledger, account, keys).ledger;
    this.#push(rekeyEnvelope(this.#world, account, keys), ({ statuses }, index) => statuses[index].kind === 'rekeyed');
  }

  #audit(): void {
    this.#push(auditEnvelope(this.#world), ({ statuses }, index) => {
      const status = statuses[index];
      return status.kind === 'audited' && status.sum === plainSupply(this.ledger);
    });
  }
}

for (const [banks, pageSize, runs] of [
  [2, 1, 8],
  [2, 3, 8],
  [3, 1, 8],
  [3, 16, 4],
  [4, 3, 4],
] as const) {
  test(`random operations agree with the plain ledger at every height: ${banks} banks, pages of ${pageSize}`, async t => {
    const accounts = Math.max(9, 2 * pageSize);
    const blocks = fc.array(fc.array(commands(accounts), { maxLength: 6 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(blocks, async story => {
        const start = Array.from({ length: accounts }, (_, i) => BigInt(20 * i));
        const world = makeWorld({ banks, pageSize, balances: start });
        const first = Array.from({ length: openAtStart }, (_, account) => account);
        await settleBlock(
          world,
          first.map(account => openEnvelope(world, account)),
        );
        let ledger: PlainLedger = start.map((balance, account) => ({ balance, open: account < openAtStart }));
        for (const block of story) {
          const scenario = new Scenario(world, ledger, block);
          const settled = await settleBlock(world, scenario.envelopes);
          ledger = scenario.ledger;
          t.true(scenario.expectations.every(holds => holds(settled)));
          t.deepEqual(
            balancesOf(world),
            ledger.map(({ balance }) => balance),
          );
        }
      }),
      { numRuns: runs },
    );
  });
}
