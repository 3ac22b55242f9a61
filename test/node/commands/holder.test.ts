/** The commands of a holder, against banks that are played. */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { Command } from 'commander';
import { exitCodes, runProgram } from '../../../node/commands/exit.js';
import { registerHolderCommands } from '../../../node/commands/holder.js';
import { encodeNetworkFile } from '../../../src/network/index.js';
import type { Clock } from '../../../src/ports.js';
import { encodeClaim } from '../../../src/wallet/index.js';
import { FakeBanks } from '../../harness/fake-bank.js';
import { temporaryFolder } from '../../harness/temporary-folder.js';
import { cheap, quickClock } from '../../src/wallet/wallets.js';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

/** A holder at a shell of its own, before banks of its own. */
async function holder(balances: readonly bigint[] = [10_000n, 5_000n, 0n, 0n], clock = quickClock) {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const banks = new FakeBanks({ balances });
  await writeFile(at('network.json'), encodeNetworkFile(banks.network, banks.gateways));
  for (const { account } of banks.network.funded) {
    await writeFile(at(`claim-${account}.json`), encodeClaim(banks.claim(account)));
  }
  const answers: string[] = [];
  const env: Record<string, string> = { HOME: folder, COVAULT_PASSPHRASE: 'correct horse' };
  const run = async (...args: string[]): Promise<Ran> => {
    const said = { out: '', notes: '' };
    const output = {
      data: (line: string) => {
        said.out += `${line}\n`;
      },
      note: (line: string) => {
        said.notes += `${line}\n`;
      },
    };
    const program = new Command('covault').configureOutput({ writeOut: output.data, writeErr: output.note });
    const ask = async (question: string) => {
      said.notes += question;
      return answers.shift() ?? '';
    };
    registerHolderCommands(program, {
      env,
      output,
      ask,
      fetch: banks.fetch,
      connect: banks.connect,
      clock,
      cost: cheap,
    });
    return { code: await runProgram(program, args, output), ...said };
  };
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).out);
  return { folder, at, banks, env, answers, run, json };
}

type Holder = Awaited<ReturnType<typeof holder>>;

async function withAccounts(): Promise<Holder> {
  const made = await holder();
  await made.run('wallet', 'create', '--network', made.at('network.json'));
  await made.run('account', 'open', '--claim', made.at('claim-0.json'), made.at('claim-1.json'), '--label', 'cash');
  return made;
}

test('a holder makes a wallet, opens accounts, pays, and sees balances', async t => {
  const { run, json, at, folder, banks } = await holder();
  const { seedPhrase, wallet } = await json('wallet', 'create', '--network', at('network.json'), '--words', '24');
  t.is(seedPhrase.split(' ').length, 24);
  t.is(wallet, join(folder, '.config', 'covault', 'wallet.json'));
  t.is((await stat(wallet)).mode & 0o777, 0o600);
  const opened = await json('account', 'open', '--claim', at('claim-0.json'), at('claim-1.json'));
  t.like(opened.accounts, [
    { account: 0, state: 'open' },
    { account: 1, state: 'open' },
  ]);
  const paid = await run('transfer', '--from', '0', '--to', opened.accounts[1].address, '--amount', '12.50');
  t.is(paid.code, exitCodes.done);
  t.regex(paid.out, /^settled at height/);
  t.regex(paid.notes, /Sent to bank-0/);
  t.deepEqual(
    (await json('balance')).balances.map(({ balance }: { balance: string }) => balance),
    ['87.50', '62.50'],
  );
  t.deepEqual(banks.balances.slice(0, 2), [8_750n, 6_250n]);
  t.regex((await run('balance', '1')).out, /account +balance +height\n1 +62\.50/);
  t.like(await json('account', 'open', '--label', 'new'), { accounts: [{ label: 'new', state: 'open' }] });
  t.is((await json('account', 'list')).accounts.length, 3);
  t.deepEqual(await readdir(join(folder, '.config', 'covault')), ['wallet.json', 'wallet.json.network']);
});

test('a cancelled transfer ends with its own code', async t => {
  const { run, json, banks } = await withAccounts();
  const args = ['transfer', '--from', '0', '--to', '1', '--amount', '100.01'];
  t.is((await run(...args)).code, exitCodes.cancelled);
  t.like(await json(...args), { verdict: 'cancelled' });
  t.is(banks.balances[0], 10_000n);
});

test('a transfer run twice with one reference pays once, also when no bank answered in between', async t => {
  const { run, banks } = await withAccounts();
  const args = ['transfer', '--from', '0', '--to', '1', '--amount', '1', '--reference', 'rent'];
  banks.paused = true;
  const late = await run(...args, '--timeout', '1');
  t.is(late.code, exitCodes.retry);
  t.regex(late.notes, /Waiting for bank-1/);
  t.regex(late.notes, /reference rent/);
  banks.paused = false;
  t.is((await run(...args)).code, exitCodes.done);
  t.is((await run(...args)).code, exitCodes.done);
  t.is(banks.balances[0], 9_900n);
  const reused = await run(...args.with(6, '2'));
  t.is(reused.code, exitCodes.caller);
  t.regex(reused.notes, /REFERENCE_REUSED/);
  t.is(banks.balances[0], 9_900n);
});

test('what is wrong with a call is said, and ends with 2', async t => {
  const { run, banks, at } = await withAccounts();
  const before = banks.received.length;
  const transfer = ['transfer', '--from', '0', '--to', '1', '--amount'];
  const wrong: [string, string[]][] = [
    ['BAD_AMOUNT', [...transfer, '-1']],
    ['BAD_AMOUNT', [...transfer, '1.005']],
    ['BAD_AMOUNT', [...transfer, '99999999999999']],
    ['BAD_AMOUNT', [...transfer, 'ten']],
    ['SLOT_CLOSED', [...transfer, '1', '--to', '3']],
    ['UNKNOWN_ACCOUNT', [...transfer, '1', '--to', '99']],
    ['BAD_ADDRESS', [...transfer, '1', '--to', 'cov1qqrswpc8quqqqqqd3w96trf']],
    ['BAD_CONFIG', [...transfer, '1', '--bank', 'nobody']],
    ['BAD_CONFIG', ['account', 'list', '--wallet', at('nothing.json'), '--network', at('network.json')]],
    ['BAD_CONFIG', ['account', 'list', '--wallet', at('nothing.json')]],
    ['FILE_MISSING', [...transfer, '1', '--network', at('nothing.json')]],
    ['BAD_NETWORK_FILE', [...transfer, '1', '--network', at('claim-0.json')]],
    ['MALFORMED', ['account', 'open', '--claim', at('network.json')]],
    ['FILE_EXISTS', ['wallet', 'create', '--network', at('network.json')]],
    ['required', ['transfer']],
    ['unknown', ['transfre']],
    ['invalid', [...transfer, '1', '--timeout', 'soon']],
  ];
  for (const [code, args] of wrong) {
    const ran = await run(...args);
    t.is(ran.code, exitCodes.caller, args.join(' '));
    t.regex(ran.notes, new RegExp(code), args.join(' '));
    t.is(ran.out, '');
  }
  t.is(banks.received.length, before);
});

test('with --json an error is one object too', async t => {
  const { run } = await withAccounts();
  const { code, out } = await run(
    'transfer',
    '--from',
    '0',
    '--to',
    '3',
    '--amount',
    '1',
    '--json',
    '--reference',
    'r',
  );
  t.is(code, exitCodes.caller);
  t.like(JSON.parse(out), { error: { code: 'SLOT_CLOSED', facts: { account: 3, reference: 'r' } } });
});

test('the passphrase comes from a file, the environment or a prompt', async t => {
  const { run, env, answers, at } = await withAccounts();
  await writeFile(at('pass'), 'correct horse\n');
  await writeFile(at('wrong'), 'wrong horse\n');
  t.is((await run('account', 'list', '--passphrase-file', at('pass'))).code, exitCodes.done);
  t.is((await run('account', 'list', '--passphrase-file', at('wrong'))).code, exitCodes.caller);
  delete env.COVAULT_PASSPHRASE;
  answers.push('correct horse', 'wrong');
  t.is((await run('account', 'list')).code, exitCodes.done);
  t.regex((await run('account', 'list')).notes, /BAD_PASSPHRASE/);
  answers.push('one', 'other');
  const made = await run('wallet', 'create', '--wallet', at('second.json'), '--network', at('network.json'));
  t.regex(made.notes, /BAD_PASSPHRASE/);
});

test('a wallet is restored from its words, and its accounts are added', async t => {
  const { run, json, at, banks, answers } = await holder();
  const network = ['--network', at('network.json')];
  const { seedPhrase } = await json('wallet', 'create', ...network);
  await run('account', 'open', '--claim', at('claim-0.json'), at('claim-1.json'));
  const other = ['--wallet', at('restored.json')];
  answers.push('not a seed phrase', seedPhrase);
  t.regex((await run('wallet', 'restore', ...other, ...network)).notes, /BAD_SEED_PHRASE/);
  t.is((await run('wallet', 'restore', ...other, ...network)).code, exitCodes.done);
  t.is((await run('account', 'add', '0', '--label', 'old', ...other)).code, exitCodes.done);
  t.is((await run('transfer', '--from', '0', '--to', '1', '--amount', '1', ...other)).code, exitCodes.done);
  t.is(banks.balances[0], 9_900n);
});

test('a wallet that is not there is refused before a folder is made or a passphrase asked for', async t => {
  const { run, at, env } = await holder();
  delete env.COVAULT_PASSPHRASE;
  const wallet = join(at('mistyped'), 'wallet.json');
  const { code, notes } = await run('balance', '--wallet', wallet, '--network', at('network.json'));
  t.is(code, exitCodes.caller);
  t.regex(notes, /BAD_CONFIG/);
  t.true(notes.includes(wallet) && !notes.includes('Passphrase'));
  await t.throwsAsync(stat(at('mistyped')), { code: 'ENOENT' });
});

test('--timeout also bounds the wait for banks of which none answers', async t => {
  let now = 0;
  const clock: Clock = {
    now: () => now,
    after: (ms, call) => {
      const isPause = ms < 1_000; // between two tries; the others bound one request
      if (isPause) now += ms;
      const timer = setTimeout(call, isPause ? 0 : ms);
      return () => clearTimeout(timer);
    },
  };
  const { run, json, banks, at } = await holder(undefined, clock);
  await json('wallet', 'create', '--network', at('network.json'));
  await run('account', 'open', '--claim', at('claim-0.json'), at('claim-1.json'));
  for (const name of Object.keys(banks.gateways)) banks.down.add(name);
  const before = now;
  const { code, notes } = await run('transfer', '--from', '0', '--to', '1', '--amount', '1', '--timeout', '2');
  t.is(code, exitCodes.retry);
  t.regex(notes, /UNREACHABLE/);
  t.true(now - before >= 2_000 && now - before < 3_000, `${now - before}`);
});

test('one process at a time has a wallet open', async t => {
  const { run, folder, banks } = await withAccounts();
  const lock = join(folder, '.config', 'covault', 'wallet.json.lock');
  banks.paused = true;
  const first = run('transfer', '--from', '0', '--to', '1', '--amount', '1');
  while (banks.waiting.size === 0) await new Promise(resolve => setTimeout(resolve, 1));
  const second = await run('account', 'list');
  t.is(second.code, exitCodes.caller);
  t.regex(second.notes, /STORE_LOCKED/);
  t.regex(await readFile(lock, 'utf8'), new RegExp(`^${process.pid} `));
  banks.block();
  t.is((await first).code, exitCodes.done);
  t.is((await run('account', 'list')).code, exitCodes.done);
  await rm(folder, { recursive: true });
});

async function payroll({ at }: Holder, rows: readonly string[], header = 'to,amount,reference'): Promise<string> {
  await writeFile(at('payroll.csv'), [header, ...rows].join('\n'));
  return at('payroll.csv');
}

test('a payroll is paid once a line, also when it is run again, and grows by what is new', async t => {
  const made = await withAccounts();
  const { run, json, banks } = made;
  const rows = Array.from({ length: 7 }, (_, i) => `1,1.0${i},pay ${i}`);
  const file = await payroll(made, rows);
  const args = ['transfer', '--from', '0', '--batch', file];
  const paid = await run(...args);
  t.is(paid.code, exitCodes.done, paid.notes);
  t.regex(paid.out, /^7 settled, 0 cancelled, 0 rejected, 0 open\n$/);
  t.regex(paid.notes, /0 of 7: .*\n[\s\S]*7 of 7: 7 settled/);
  t.is(banks.balances[0], 10_000n - 721n);
  const received = banks.received.length;
  const again = await json(...args);
  t.like(again, { settled: 7, cancelled: 0, rejected: 0, open: 0 });
  t.like(again.lines[6], { line: 8, reference: 'pay 6', verdict: 'settled' });
  t.is(banks.received.length, received);
  await payroll(made, ['1,2,new', ...rows]);
  t.is((await run(...args)).code, exitCodes.done);
  t.is(banks.balances[0], 10_000n - 921n);
});

test('a payroll with a wrong line, or a line that has changed since, sends nothing and names the lines', async t => {
  const made = await withAccounts();
  const { run, json, banks } = made;
  await run('transfer', '--batch', await payroll(made, ['1,1,a']), '--from', '0');
  const received = banks.received.length;
  const file = await payroll(made, ['1,1,b', '1,2,a', 'nobody,1,c', '1,1,b']);
  const refused = await run('transfer', '--batch', file, '--from', '0');
  t.is(refused.code, exitCodes.caller);
  t.regex(refused.notes, /line 3: .*\(REFERENCE_REUSED\)\nline 4: .*\(BAD_ADDRESS\)\nline 5: .*\(REFERENCE_REUSED\)/);
  const { error, lines } = await json('transfer', '--batch', file, '--from', '0');
  t.is(error.code, 'REFERENCE_REUSED');
  t.deepEqual(
    lines.map(({ line }: { line: number }) => line),
    [3, 4, 5],
  );
  t.is((await run('transfer', '--batch', await payroll(made, ['1,x,d']), '--from', '0')).code, exitCodes.caller);
  t.is((await run('transfer', '--batch', file, '--from', '0', '--to', '1')).code, exitCodes.caller);
  t.is((await run('transfer', '--to', '1', '--amount', '1')).code, exitCodes.caller);
  t.is((await run('transfer', '--batch', `${file}.none`, '--from', '0')).code, exitCodes.caller);
  t.is(banks.received.length, received);
});

test('a payroll that runs out of money ends with 3 and says which lines; one that is not done, with 4', async t => {
  const made = await withAccounts();
  const { run, json, banks } = made;
  const file = await payroll(made, ['0,1,1,a', '0,1,1000,b', '1,0,2,c'], 'from,to,amount,reference');
  const cancelled = await run('transfer', '--batch', file);
  t.is(cancelled.code, exitCodes.cancelled);
  t.regex(cancelled.out, /3 +b +cancelled\n2 settled, 1 cancelled/);
  banks.paused = true;
  const open = ['transfer', '--batch', await payroll(made, ['1,1,d', '1,1,e']), '--from', '0'];
  const waiting = await run(...open, '--timeout', '1');
  t.is(waiting.code, exitCodes.retry);
  t.regex(waiting.out, /0 settled, 0 cancelled, 0 rejected, 2 open/);
  banks.hangUp();
  banks.paused = false;
  t.like(await json(...open), { settled: 2, open: 0 });
  t.is(banks.balances[0], 10_000n - 100n + 200n - 200n);
});

test('consent is given, listed, opened by somebody without a wallet, and withdrawn', async t => {
  const { run, json, at, env, answers } = await withAccounts();
  const { link, code } = await json('consent', 'give', '--account', '0', '--to', 'accountant');
  t.is((await run('consent', 'give', '--account', '0', '--to', 'tax office')).out, `${link}\n`);
  t.regex(
    (await run('consent', 'list')).out,
    /account +to +given +state\n0 +accountant +\d{4}-\d\d-\d\d \d\d:\d\d +given\n/,
  );
  t.like(await json('consent', 'list'), { consents: [{ label: 'accountant', state: 'given' }, { state: 'given' }] });
  const mine = env.HOME;
  env.HOME = at('elsewhere');
  const look = ['consent', 'open', '--network', at('network.json')];
  const seen = await run(...look, link);
  t.is(seen.code, exitCodes.done, seen.notes);
  t.regex(seen.out, /account +balance +height\n0 +100\.00 +\d+\n/);
  t.regex(seen.notes, /Certified by bank-0, bank-1\./);
  answers.push(code);
  t.like(await json(...look), { account: 0, balance: '100.00', banks: ['bank-0', 'bank-1'] });
  await writeFile(at('code'), `${link}\n`);
  t.like(await json(...look, '--code-file', at('code')), { balance: '100.00' });
  env.HOME = mine;
  const withdrawn = await run('consent', 'withdraw', '--account', '0');
  t.regex(withdrawn.out, /account 0 has new keys from height \d+ on: 2 viewing codes are void/);
  t.like(await json('consent', 'list'), { consents: [{ state: 'withdrawn' }, { state: 'withdrawn' }] });
  env.HOME = at('elsewhere');
  const late = await run(...look, link);
  t.is(late.code, exitCodes.caller);
  t.regex(late.notes, /CONSENT_WITHDRAWN/);
  t.false(late.notes.includes(code.slice(10)));
  const mistyped = await run(...look, `${link}q`);
  t.is(mistyped.code, exitCodes.caller);
  t.regex(mistyped.notes, /BAD_VIEWING_CODE/);
});

test('history shows what was paid and cancelled, and a statement adds up', async t => {
  const { run, json, at } = await withAccounts();
  await run('transfer', '--from', '0', '--to', '1', '--amount', '12.50', '--reference', '=rent');
  await run('transfer', '--from', '0', '--to', '1', '--amount', '500', '--reference', 'too much');
  const shown = await run('history', '--account', '0');
  t.regex(shown.out, /^time +height +account +what +amount +state +reference +memo\n/);
  t.regex(shown.out, /\d\d:\d\d +\d+ +0 +to 1 +-500\.00 +cancelled: not enough money +too much\n/);
  t.regex(shown.out, /to 1 +-12\.50 +paid +=rent\n/);
  t.like(await json('history', '--account', '1', '--offline'), {
    history: [
      { kind: 'received', amount: '12.50', from: 0 },
      { kind: 'balance', balance: '50.00' },
    ],
  });
  const statement = ['statement', '--account', '0'];
  t.like(await json(...statement), {
    account: 0,
    opening: { balance: '100.00' },
    closing: { balance: '87.50' },
    lines: [{ kind: 'sent', change: '-12.50', counterparty: 1, reference: '=rent' }],
  });
  const csv = await run(...statement, '--csv', '--out', at('statement.csv'), '--offline');
  t.is(csv.out, '');
  const text = await readFile(at('statement.csv'), 'utf8');
  t.regex(
    text,
    /^time,height,kind,change,counterparty,reference,memo\r\n\d{4}-\d\d-\d\dT[\d:.]+Z,\d+,sent,-12\.50,1,'=rent,\r\n$/,
  );
  t.is(
    (await run(...statement, '--csv', '--offline')).out,
    text.replaceAll('\r\n', '\n'),
    'lines end as lines do here',
  );
  t.is((await run(...statement, '--csv', '--out', at('statement.csv'))).code, exitCodes.caller);
  t.regex((await run(...statement)).out, /Statement of account 0\n/);
  t.deepEqual((await json(...statement, '--from', '2001-01-01', '--to', '2001-12-31')).lines, []);
  t.is((await json(...statement, '--from', '2001-01-01')).lines.length, 1);
  t.is((await run(...statement, '--from', '2001-02-30')).code, exitCodes.caller);
  t.is((await run('statement')).code, exitCodes.caller);
});
