/**
 * The console in a browser, with two real banks: one story, in order. Every page is looked at by axe (WCAG 2.2 AA), and its
 * pictures are kept in build/screenshots/. What real banks do not do on demand (a cheat, a dry stock) is played by a bank that
 * says what it is told to.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Browser, Page } from 'playwright-core';
import { encodeDayFile } from '../../node/console/day-file.js';
import { type PastMinute, shownCounts } from '../../node/console/history.js';
import { type Console, startConsole } from '../../node/console/index.js';
import { pagesFolder } from '../../node/gateway/index.js';
import { version } from '../../node/version.js';
import { Writer } from '../../src/codec/index.js';
import { toHex } from '../../src/crypto/index.js';
import { encodeRecord, writeCertificate } from '../../src/ledger/log.js';
import { type Change, decodeNetworkFile, encodeNetworkFile } from '../../src/network/index.js';
import { decodeClaim, Wallet } from '../../src/wallet/index.js';
import { accessibilityFaults, chromium, launch, shoot } from '../harness/browser.js';
import { until } from '../harness/network.js';
import { temporaryFolder } from '../harness/temporary-folder.js';
import { FakeBank, memoryLog, status } from '../node/gateway/fake-bank.js';
import {
  cleanUp,
  type Net,
  networkWithConsoles,
  type RunningBank,
  startBank,
  untilReady,
} from '../node/real-processes.js';
import { amendedBy, certify, idOf, makeBanks, makeChain } from '../src/ledger/records.js';

const story = chromium ? test.serial : test.serial.skip;
let net: Net;
let banks: RunningBank[];
let browser: Browser;
let page: Page;
let wallet: Wallet;
let url = '';
let token = '';
/** What the page's own policy, or a script of it, complained about. */
const complaints: string[] = [];
let staged: Console | undefined;

test.before(async t => {
  if (!chromium) {
    t.log('no Chromium on the PATH: the tests of the console in a browser are SKIPPED');
    return;
  }
  net = await networkWithConsoles(
    '--banks',
    'jp_norgan,ubz',
    '--accounts',
    '4',
    '--page-size',
    '1',
    '--fund-all',
    '100',
  );
  banks = await Promise.all(['jp_norgan', 'ubz'].map(name => startBank(net.configOf(name))));
  const config = JSON.parse(await readFile(net.configOf('jp_norgan'), 'utf8'));
  url = `http://${config.console.listen}/`;
  token = (await readFile(join(net.folder, 'configs', config.console.tokenFile), 'utf8')).trim();
  await untilReady(...banks);
  const { network, gateways } = decodeNetworkFile(await readFile(net.networkFile, 'utf8'));
  let text: string | undefined;
  const store = {
    load: async () => text,
    save: async (next: string) => {
      text = next;
    },
  };
  wallet = await Wallet.create({ store, passphrase: 'p', network, gateways, cost: { N: 2, r: 1, p: 1 } });
  browser = await launch();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...still });
  page = await context.newPage();
  listen(page);
});

function listen(to: Page): void {
  to.on('pageerror', ({ message }) => complaints.push(message));
  to.on('console', message => {
    // a refused request is one of the story's
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
}

test.after.always(async () => {
  await browser?.close();
  await staged?.stop();
  await cleanUp();
});

/** Colours change at once, and are checked as they will stay. */
const still = { reducedMotion: 'reduce' } as const;

const enter = async (at: Page, given: string) => {
  await at.getByLabel('Token').fill(given);
  await at.getByRole('button', { name: 'Enter' }).click();
};

/** Accessible in both colour schemes, and photographed. */
async function look(t: ExecutionContext, at: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await at.emulateMedia({ colorScheme });
    t.deepEqual(await accessibilityFaults(at), [], `${name}, ${colorScheme}`);
  }
  await shoot(at, `console-${name}`);
}

const headline = (at: Page) => at.getByTestId('headline');

story('a wrong token does not get in, and nothing is shown; the right one does', async t => {
  await page.goto(url);
  await look(t, page, 'login');
  await enter(page, 'f'.repeat(64));
  await page.getByText('That is not the token of this console.').waitFor();
  t.is(await headline(page).count(), 0);
  await enter(page, token);
  await headline(page).waitFor();
  t.is(new URL(page.url()).search, '', 'no secret in the address');
  const kept = await page.evaluate<string>(
    'JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])',
  );
  t.false(kept.includes(token), 'the page keeps a session, not the token');
});

story('figures move by themselves when a payment settles', async t => {
  for (const account of [0, 1]) {
    await wallet.openAccount({ claim: decodeClaim(await readFile(net.claimOf(account), 'utf8')) });
  }
  await page.getByTestId('headline').getByText('All is well').waitFor();
  const before = Number(await page.getByTestId('height').textContent());
  const { verdict } = await wallet.transfer({ from: 0, to: 1, amount: 1n, reference: 'one' });
  t.is(verdict, 'settled');
  const height = async () => Number(await page.getByTestId('height').textContent());
  await until('the height moves', async () => (await height()) > before);
  await page.getByTestId('latency').getByText(/ms|s/).waitFor();
  t.regex((await page.getByTestId('throughput').textContent()) ?? '', /0\.1/, 'a few are not counted one by one');
  t.is(await page.locator('[data-bank=ubz] .version').textContent(), version, 'as the bank itself says');
  await look(t, page, 'overview');
});

story('an audit is asked for here, and its height is shown with its sum', async t => {
  await page.getByRole('button', { name: 'Audit now' }).click();
  await page.getByText(/Asked for: envelope [0-9a-f]{8}/).waitFor();
  await page.getByText(/at height [0-9]+: the supply/).waitFor({ timeout: 20_000 });
  t.pass();
});

story('a bank that is killed is shown as away, in words; back again, it is shown as connected', async t => {
  banks[1].child.kill('SIGKILL');
  await headline(page).getByText('ubz is away: nothing settles').waitFor({ timeout: 30_000 });
  await page.locator('[data-alert=bank-away]').getByText('Call the operators of ubz').waitFor();
  t.is(await page.locator('[data-bank=ubz]').getAttribute('data-look'), 'away');
  await look(t, page, 'bank-away');
  banks[1] = await startBank(net.configOf('ubz'));
  await page.locator('[data-bank=ubz]:not([data-look=away])').waitFor({ timeout: 30_000 });
  await headline(page).getByText('All is well').waitFor({ timeout: 30_000 });
});

story('every record is verified in the browser, and the whole log from genesis', async t => {
  await page.getByRole('link', { name: 'Records' }).click();
  const verdict = page.getByTestId('records-verdict');
  await verdict.getByText(/records hold/).waitFor();
  t.is(await page.locator('[data-holds=false]').count(), 0);
  const shown = await page.locator('[data-holds=true]').count();
  t.true(shown >= 4);
  await page.getByRole('button', { name: 'Verify from genesis' }).click();
  await page.getByText(new RegExp(`The log holds: ${shown} records`)).waitFor();
  await page.locator('.record-head').first().click();
  await page.getByText(/audit: all balances sum to 400\.00/).waitFor();
  await page.getByText('Skip to the content').press('Enter');
  t.is(await page.evaluate('document.activeElement?.id'), 'content');
  t.true(await page.getByRole('heading', { level: 1, name: 'Records' }).isVisible(), 'skipping stays on this page');
  await look(t, page, 'records');
});

story(
  'with the operator’s own network file nothing of the bank is believed; another network’s is told apart',
  async t => {
    await page.setInputFiles('#own-network-file', net.networkFile);
    await page.getByTestId('pin').getByText('Your network file').waitFor();
    await page
      .getByTestId('records-verdict')
      .getByText(/records hold/)
      .waitFor();
    const other = join(net.folder, 'other.json');
    await writeFile(other, encodeNetworkFile(makeBanks(2).network, {}));
    await page.setInputFiles('#own-network-file', other);
    await page.getByTestId('pin').getByText('another network').waitFor();
    await page
      .getByTestId('records-verdict')
      .getByText(/NOT hold/)
      .waitFor();
    t.is(await page.locator('[data-holds=true]').count(), 0);
    await page.reload();
    await page
      .getByTestId('records-verdict')
      .getByText(/records hold/)
      .waitFor();
  },
);

story('a forged record is shown as such, at its height', async t => {
  await page.route('**/v1/records?*', async route => {
    const answer = await route.fetch();
    const body = (await answer.json()) as { records: { height: number; certificate: string }[] };
    for (const entry of body.records) {
      // one bit of the first bank's signature: behind the list's length and its commitment
      const at = 2 * (4 + 32 + 10);
      const digit = (Number.parseInt(entry.certificate[at], 16) ^ 1).toString(16);
      if (entry.height === 2)
        entry.certificate = entry.certificate.slice(0, at) + digit + entry.certificate.slice(at + 1);
    }
    await route.fulfill({ response: answer, json: body });
  });
  await page.reload();
  await page.getByTestId('records-verdict').getByText('1 record does NOT hold').waitFor();
  const broken = page.locator('[data-holds=false]');
  t.is(await broken.getAttribute('data-height'), '2');
  await broken.getByText('the signature of jp_norgan is wrong').waitFor();
  await page.getByRole('button', { name: 'Verify from genesis' }).click();
  await page.getByText(/The log does NOT hold: height 2/).waitFor();
  await look(t, page, 'forged');
  await page.unroute('**/v1/records?*');
});

story('whoever leaves must enter again, and another tab never was inside', async t => {
  const tab = await page.context().newPage();
  await tab.goto(url);
  await tab.getByLabel('Token').waitFor();
  await tab.close();
  await page.getByRole('button', { name: 'Leave' }).click();
  await page.getByLabel('Token').waitFor();
  await page.reload();
  await page.getByLabel('Token').waitFor();
  t.is(await headline(page).count(), 0);
});

/** A console over a bank that says what it is told to; `past`: the day that it remembers; `changes`: of its network, since genesis. */
async function stage(
  over: Partial<typeof status>,
  { past = [], changes = [] }: { readonly past?: readonly PastMinute[]; readonly changes?: readonly Change[] } = {},
): Promise<{ at: Page; bank: FakeBank }> {
  await staged?.stop();
  const banks = makeBanks(3);
  const network = changes.reduce((before, change) => amendedBy({ ...banks, network: before }, change), banks.network);
  const known = { ...banks, network };
  const dayFile = join(temporaryFolder(), 'console-day');
  await writeFile(dayFile, encodeDayFile(past, network.id));
  const names = known.network.banks.map(({ name }) => name);
  const bank = new FakeBank();
  bank.log = makeChain(known, [{}, {}, {}]).map(record => ({
    height: record.height,
    record: encodeRecord(record),
    certificate: writeCertificate(new Writer(1024), certify(known, record)).done(),
    committed: undefined,
  }));
  const peers = names.slice(1).map(name => ({ name, connected: true, sinceMs: 60_000, version }));
  bank.now = {
    ...status,
    name: names[0],
    networkId: toHex(known.network.id),
    height: 3,
    finalHeight: 3,
    peers,
    ...over,
  };
  staged = await startConsole(bank, {
    host: '127.0.0.1',
    port: 0,
    token,
    networkFile: encodeNetworkFile(known.network, {}),
    dataFolder: net.folder,
    dayFile,
    version,
    pages: pagesFolder('console'),
    log: memoryLog(),
    tickMs: 200,
  });
  const at = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...still });
  listen(at);
  await at.goto(staged.url);
  await enter(at, token);
  await headline(at).waitFor();
  return { at, bank };
}

/** A day with a quiet night, a busy noon, and a bank that was away for three minutes an hour ago. */
function aDay(now: number): PastMinute[] {
  const count = 24 * 60;
  const to = Math.floor(now / 60_000) * 60_000;
  return Array.from({ length: count }, (_, i) => {
    const ago = count - i;
    const wave = Math.sin((Math.PI * i) / count) ** 2 * (1 + 0.2 * Math.sin(i));
    const isAway = ago >= 40 && ago < 43;
    const decided = isAway ? 0 : Math.round(900 * wave);
    const none = { integrity: 0, proof: 0, linear: 0, authority: 0 };
    const rejected = { ...none, linear: i % 97 === 0 ? Math.min(7, decided) : 0 };
    const settled = decided - rejected.linear;
    const counts = { blocks: isAway ? 0 : 60, settled, lookups: 0, opened: 0, rekeyed: 0, rejected };
    const sample = {
      at: to - ago * 60_000,
      ...shownCounts(counts),
      p50Ms: isAway ? null : Math.round(45 + 60 * wave),
      p95Ms: isAway ? null : Math.round(120 + 200 * wave + 40 * Math.cos(i)),
      queue: isAway ? 60 : Math.round(8 * wave) + 5,
      connected: isAway ? 1 : 2,
      stockSeconds: isAway ? null : Math.round(400 - 300 * wave),
      memoryBytes: 4e8,
      dataBytes: Math.round(3e8 + 4e4 * i),
      diskFreeBytes: 3e10 - 1.6e6 * i,
      able: isAway ? 0 : 1,
    };
    return { sample, counts };
  });
}

story('the day is drawn, and says when the bank could not settle', async t => {
  const { at } = await stage({}, { past: aDay(Date.now()) });
  const day = at.locator('.area-day');
  await day.getByText('95.0% of the minutes known').waitFor();
  t.is(await day.locator('.ribbon .bad').count(), 3);
  await day.getByRole('button', { name: '24 h' }).click();
  await day.getByText('99.8% of the minutes known').waitFor();
  t.is(await at.getByTestId('disk-full').textContent(), 'Full in about 12 days at this rate.');
  t.regex((await day.locator('.chart-now').first().textContent()) ?? '', /^[\d.]+ (?:MB|GB|TB)$/);
  await look(t, at, 'day');
  await day.getByText('The last 30 minutes as a table').click();
  t.is(await day.locator('tbody tr').count(), 30);
  await at.close();
});

story('a network that has stopped with evidence says so, against whom, and what to do', async t => {
  const evidence = {
    kind: 'accusation',
    accuser: 'bank0',
    culprit: 'bank2',
    why: 'an opened share does not fit its tag',
  } as const;
  const { at } = await stage({ phase: 'halted', halted: 'x', evidence });
  await headline(at).getByText('The network has stopped').waitFor();
  const alert = at.locator('[data-alert=halted-on-own-evidence]');
  await alert.getByText('evidence against bank2').waitFor();
  await alert.getByText('Delete nothing. Call the operators of all banks').waitFor();
  t.is(await at.locator('[data-bank=bank2]').getAttribute('data-look'), 'accused');
  await at.getByTestId('evidence').getByText('This bank holds evidence against bank2').waitFor();
  t.true(await at.getByRole('button', { name: 'Audit now' }).isDisabled());
  await look(t, at, 'halted');
  await at.close();
});

story('a bank that runs another version is marked, and what the network has recovered from is told', async t => {
  const keys = { sealingKey: idOf('sealing'), recoveryKey: idOf('recovery') };
  const changes = [{ lift: 1 }, { bank: 1, ...keys }, { lift: 2 }];
  const { at, bank } = await stage({}, { changes });
  await headline(at).getByText('All is well').waitFor();
  t.is(await at.getByTestId('other-version').count(), 0);
  t.is(await at.locator('[data-bank=bank1] .version').textContent(), version);
  const recovery = at.getByTestId('recovery');
  await recovery.getByText('All of it is done').waitFor();
  t.deepEqual(await at.locator('.amendments li').allTextContents(), [
    'version 3Pardon 2: accusations lifted, all MAC keys drawn anew',
    'version 2bank1 came back from what the others kept, under new keys',
    'version 1Pardon 1: accusations lifted, all MAC keys drawn anew',
  ]);
  const [first, second] = bank.now.peers;
  const told = [
    { ...first, version: '0.2.0' },
    { ...second, version: undefined as never },
  ];
  bank.now = { ...bank.now, peers: told, recovery: { rekeying: true, adopted: { height: 3, attempt: 2 } } };
  await recovery.getByText('Pardon 2 is being carried out').waitFor();
  await at.getByText('attempt 2 at height 3').waitFor();
  t.is(await at.locator('[data-bank=bank1] .version').textContent(), `0.2.0: not ${version}`);
  t.is(await at.locator('[data-bank=bank2] .version').textContent(), 'version not told');
  await at.locator('[data-alert=versions-differ]').getByText('bank1 runs another version').waitFor();
  await look(t, at, 'recovered');
  bank.now = { ...bank.now, recovery: { adopting: { height: 4, attempt: 1 } } };
  await recovery.getByText('This bank has signed to adopt attempt 1 at height 4').waitFor();
  await at.close();
});

story('a stock that runs dry is seen at a glance, and how long it lasts', async t => {
  const level = { low: 400_000, high: 800_000, madePerSecond: 61_000, usedPerSecond: 140_000 };
  const stock = { ...status.stock, vole: { ...level, made: 1_000_000, used: 930_000, secondsLeft: 0.5 } };
  const { at, bank } = await stage({ phase: 'settling', stock });
  await headline(at).getByText('It settles, but not for long').waitFor();
  await at.locator('[data-alert=stock-low]').getByText('Less than a second of VOLE elements left').waitFor();
  t.is(await at.getByTestId('stock-left').textContent(), '0.5 s');
  await look(t, at, 'stock-low');
  bank.now = { ...bank.now, stock: { ...stock, vole: { ...stock.vole, used: 300_000, secondsLeft: 5 } } };
  await headline(at).getByText('All is well').waitFor();
  await at.close();
});

story('a bank that goes silent is told from one that is well', async t => {
  const { at } = await stage({});
  await headline(at).getByText('All is well').waitFor();
  await staged?.stop();
  staged = undefined;
  await headline(at)
    .getByText(/No news from bank0/)
    .waitFor({ timeout: 20_000 });
  t.regex((await at.getByTestId('freshness').textContent()) ?? '', /no news/);
  await at.close();
});

story('the pages broke no policy and threw nothing', t => {
  t.deepEqual(
    complaints.filter(text => !/ERR_CONNECTION_REFUSED|net::/.test(text)),
    [],
  );
});
