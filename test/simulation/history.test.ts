/** The checker of one history: which signatures count, and for how long. */
import test from 'ava';
import { encodeMessage } from '../../src/agreement/messages.js';
import { encodeAgreementFrame } from '../../src/bank/transport.js';
import { History } from './checkers/history.js';
import { makeGenesis } from './genesis.js';

const { network } = makeGenesis('history', {
  banks: 2,
  pageSize: 1,
  balances: [1, 0],
  delayMs: { least: 1, most: 1 },
});
const [first, second] = [1, 2].map(byte => new Uint8Array(32).fill(byte));

/** Two banks, and a checker that has seen nothing yet. */
function watched() {
  const reports: string[] = [];
  const history = new History(
    network,
    () => true,
    what => reports.push(what),
  );
  const says = (bank: number, recordHash: Uint8Array, arrives: boolean) => {
    const bytes = encodeMessage({
      kind: 'signed',
      signed: {
        height: 1,
        attempt: 1,
        bank,
        recordHash,
        commitment: new Uint8Array(32),
        signature: new Uint8Array(64),
      },
    });
    const frame = encodeAgreementFrame({ kind: 'message', session: new Uint8Array(8), bytes });
    history.sent(bank, 1 - bank, 'agreement', frame);
    if (arrives) history.arrived(bank, 1 - bank, 'agreement', frame);
  };
  return { history, reports, says };
}

/** Both sign the second. */
function goesOn({ says }: ReturnType<typeof watched>) {
  for (const bank of [0, 1]) says(bank, second, true);
}

test('two records that both banks have signed are reported, whoever has crashed: signers remember', t => {
  const all = watched();
  for (const bank of [0, 1]) all.says(bank, first, false);
  for (const bank of [0, 1]) all.history.crashed(bank);
  t.deepEqual(all.reports, []);
  goesOn(all);
  t.true(all.reports.length > 0);
});

test('a signature that its bank has forgotten counts while another bank has it', t => {
  const all = watched();
  for (const bank of [0, 1]) all.says(bank, first, true);
  all.history.crashed(0);
  all.history.restored(0);
  goesOn(all);
  t.true(all.reports.length > 0);
});

test('a signature that never arrived, or only where a crash has taken it, is gone with the disk of its bank', t => {
  for (const arrives of [false, true]) {
    const all = watched();
    for (const bank of [0, 1]) all.says(bank, first, arrives);
    for (const bank of [0, 1]) all.history.crashed(bank);
    all.history.restored(0);
    goesOn(all);
    t.deepEqual(all.reports, []);
  }
});
