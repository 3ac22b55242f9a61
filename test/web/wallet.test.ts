/**
 * The wallet in a browser, with real banks: two processes, one Chromium, a profile for every holder. One story, in order.
 *
 * Every page is looked at by axe (WCAG 2.2 AA), and its pictures are kept in build/screenshots/.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Browser } from 'playwright-core';
import { accessibilityFaults, chromium, launch, shoot, shotsFolder } from '../harness/browser.js';
import {
  cleanUp,
  covault,
  type Net,
  newNetwork,
  type RunningBank,
  startBank,
  temporaryFolder,
  untilReady,
} from '../node/real-processes.js';
import { Holder, passphrase } from './holder.js';

const story = chromium ? test.serial : test.serial.skip;
let net: Net;
let browser: Browser;
let [jp, ubz]: RunningBank[] = [];
let [alice, bob, auditor]: Holder[] = [];
let phrase = '';
let bobsAddress = '';
let alicesAddress = '';

test.before(async t => {
  if (!chromium) {
    t.log('no Chromium on the PATH: the tests of the wallet in a browser are SKIPPED');
    return;
  }
  net = await newNetwork('--banks', 'jp_norgan,ubz', '--accounts', '10', '--page-size', '10', '--fund-all', '100');
  [jp, ubz] = await Promise.all(['jp_norgan', 'ubz'].map(name => startBank(net.configOf(name))));
  await untilReady(jp, ubz);
  browser = await launch();
  alice = await Holder.at(browser, jp.gateway);
  bob = await Holder.at(browser, ubz.gateway);
});

test.after.always(async () => {
  await browser?.close();
  await cleanUp();
});

/** The QR code that a holder's page shows, as a film of one picture: what Chromium takes for a camera. */
async function filmOf({ page }: Holder): Promise<Buffer> {
  const dark = (await page.locator('svg.qr path').getAttribute('d')) ?? '';
  const [width, height, dot, margin] = [640, 480, 8, 40];
  const luma = Buffer.alloc(width * height, 235);
  for (const [, x, y] of dark.matchAll(/M(\d+) (\d+)h/g)) {
    for (let row = 0; row < dot; row++) {
      const at = (margin + Number(y) * dot + row) * width + margin + Number(x) * dot;
      luma.fill(16, at, at + dot);
    }
  }
  const grey = Buffer.alloc((width * height) / 2, 128);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip C420\nFRAME\n`), luma, grey]);
}

/** Accessible in both colour schemes, and photographed. */
async function look(t: ExecutionContext, { page }: Holder, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    t.deepEqual(await accessibilityFaults(page), [], `${name}, ${colorScheme}`);
  }
  await shoot(page, name);
}

story('a new holder makes a wallet, writes the words down, and opens an account with a claim file', async t => {
  await alice.heading(/kept by two banks/);
  await look(t, alice, 'welcome');
  await alice.fill('New passphrase', 'short');
  await alice.press('Make the wallet');
  await alice.sees('Ten characters or more');
  phrase = await alice.makeWallet(() => look(t, alice, 'seed-phrase'));
  t.regex(phrase, /^(?:[a-z]+ ){11}[a-z]+$/);
  await alice.sees('No account yet');
  await look(t, alice, 'no-account');
  await alice.go('/open-account');
  await look(t, alice, 'open-account');
  await alice.openAccount(net.claimOf(0), 'Household');
  await alice.hasBalance('100.00');
  await look(t, alice, 'accounts');
});

story('another holder, at the other bank, gives an address as text and as a QR code', async t => {
  await bob.makeWallet();
  await bob.openAccount(net.claimOf(1), 'Savings');
  bobsAddress = await bob.address(1);
  alicesAddress = await alice.address(0);
  t.regex(bobsAddress, /^cov1[02-9ac-hj-np-z]+$/);
  await look(t, bob, 'be-paid');
});

story('a mistyped address is found before anything is sent', async t => {
  await alice.go('/pay');
  await alice.fill(
    'To',
    bobsAddress.replace(/.$/, last => (last === 'q' ? 'p' : 'q')),
  );
  await alice.fill('Amount', '1');
  await alice.sees('This address is mistyped');
  t.true(await alice.page.getByRole('button', { name: 'Go on' }).isDisabled());
  await look(t, alice, 'pay-mistyped');
});

story('a payment is paid, and both sides see it in their balances', async t => {
  await alice.draftPayment(bobsAddress, '60', 'for the garden');
  await look(t, alice, 'pay-review');
  await alice.press('Pay');
  await alice.verdict('Paid');
  await look(t, alice, 'payment-paid');
  await alice.hasBalance('40.00');
  await bob.hasBalance('160.00');
  t.pass();
});

story('the same again is more than there is: cancelled, which the payer alone reads', async t => {
  await alice.pay(bobsAddress, '60');
  await alice.verdict('Cancelled: not enough money');
  await look(t, alice, 'payment-cancelled');
  await alice.hasBalance('40.00');
  await bob.hasBalance('160.00');
  await look(t, alice, 'accounts-used');
  t.pass();
});

story('what each bank sees is a share that fits every balance', async t => {
  await alice.go('/banks');
  await alice.heading('What each bank sees');
  const shares = (await alice.page.locator('.share').allTextContents()).map(text => BigInt(text.replace(/\D/g, '')));
  const p = 2n ** 61n - 1n;
  t.is(shares.length, 2);
  t.is((shares[0] + shares[1]) % p, 4000n);
  const asked = () => alice.page.locator('.equation dd').allTextContents();
  const before = await asked();
  await alice.page.getByLabel('A balance that you might have').fill('777');
  const [balance, own, others] = await asked();
  t.is(balance, '777.00');
  t.is(own, before[1]);
  t.not(others, before[2]);
  t.is((BigInt(own.replace(/\D/g, '')) + BigInt(others.replace(/\D/g, ''))) % p, 77_700n);
  await look(t, alice, 'what-banks-see');
});

story(
  'while a bank is away a payment waits by name, outlives the page, and is paid once when the bank is back',
  async t => {
    ubz.child.kill('SIGTERM');
    await ubz.ended;
    await alice.sees('Waiting for ubz');
    await alice.pay(bobsAddress, '15.50');
    await alice.sees('Every payment takes both banks');
    await look(t, alice, 'bank-away');
    // the bank that has served the page of this holder is the one that is away: the other one takes the payment
    await bob.pay(alicesAddress, '1');
    await bob.sees('Every payment takes both banks');
    await alice.comeBack();
    await alice.page.locator('.payments', { hasText: 'Waiting for ubz' }).waitFor();
    await look(t, alice, 'bank-away-accounts');
    ubz = await startBank(net.configOf('ubz'));
    await untilReady(jp, ubz);
    await alice.page.locator('.balance', { hasText: '25.50' }).waitFor({ timeout: 60_000 });
    await bob.hasBalance('174.50');
    const toOther = bob.witness.sent.filter(({ url, method }) => method === 'POST' && url.startsWith(jp.gateway));
    t.true(toOther.length > 0, 'a page of one bank hands envelopes to another');
    await alice.sees('Both banks at work');
    await alice.go('/history');
    await alice.heading('History');
    t.is(await alice.page.getByText('Cancelled: not enough money').count(), 1);
    await look(t, alice, 'history');
  },
);

story(
  'history says what was sent with its verdict, and what look-ups show to have come; a statement is a file and a paper',
  async t => {
    await bob.go('/history');
    const told = bob.page.locator('.payments li', { hasText: 'for the garden' });
    await told.waitFor({ timeout: 60_000 });
    t.regex((await told.textContent()) ?? '', /Received.*\+60\.00/);
    t.is(await bob.page.locator('.payments li', { hasText: '+60.00' }).count(), 1, 'a cancelled payment tells nothing');
    await look(t, bob, 'history-of-the-payee');
    await alice.page.getByRole('link', { name: 'Statement' }).click();
    await alice.heading('Statement');
    await alice.page.getByRole('cell', { name: 'Balance at the beginning' }).waitFor();
    await look(t, alice, 'statement');
    await alice.page.emulateMedia({ media: 'print' });
    t.false(await alice.page.getByRole('button', { name: 'Print' }).isVisible());
    await alice.page.screenshot({ path: join(shotsFolder, 'statement-on-paper.png'), fullPage: true });
    await alice.page.emulateMedia({ media: 'screen' });
    const [download] = await Promise.all([alice.page.waitForEvent('download'), alice.press('Save as CSV')]);
    t.regex(download.suggestedFilename(), /^statement-0-[\d-]+\.csv$/);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
    const changes = lines.slice(1).map(line => line.split(',')[3]);
    t.deepEqual(changes.sort(), ['-15.50', '-60.00', '1.00']);
  },
);

story('one window at a time has the wallet open', async t => {
  const second = await alice.context.newPage();
  await second.goto(alice.wallet);
  await second.getByRole('heading', { name: 'Open in another window' }).waitFor();
  await second.close();
  await alice.press('Lock');
  await alice.heading('Welcome back');
  await look(t, alice, 'locked');
  await alice.fill('Passphrase', 'not the right one');
  await alice.press('Unlock');
  await alice.sees('This passphrase does not open the wallet.');
  await alice.unlock();
  await alice.heading('Statement');
  t.pass();
});

story(
  'who is given a viewing code sees this balance and nothing else, and the code stays out of every address',
  async t => {
    await alice.go('/consent');
    await look(t, alice, 'consent');
    await alice.fill('To whom', 'the auditor');
    await alice.press('Make a viewing code');
    await alice.heading('Consent');
    const link = (await alice.page.getByTestId('viewing-link').textContent()) ?? '';
    t.regex(link, /\/wallet\/#covault-view:covview1[02-9ac-hj-np-z]+$/);
    await look(t, alice, 'consent-given');
    await alice.press('Done');
    await alice.sees('may see it');
    await look(t, alice, 'consents');

    auditor = await Holder.at(browser, jp.gateway, link);
    await auditor.heading('A balance you were shown');
    await auditor.page.locator('.balance', { hasText: '25.50' }).waitFor({ timeout: 60_000 });
    await auditor.sees('Signed by jp_norgan and ubz');
    await look(t, auditor, 'viewed');
    t.is(await auditor.page.getByRole('navigation').count(), 0);
    t.true(auditor.page.url().endsWith('/wallet/#/view'));
    t.true(auditor.witness.sent.length > 0);
    for (const { url, body } of auditor.witness.sent) t.notRegex(`${url} ${body}`, /covview/i);
  },
);

story('consent withdrawn: the code shows nothing any more, the account pays as before', async t => {
  await alice.press('Withdraw');
  await alice.press('Yes, withdraw');
  await alice.page.locator('.consents .tag', { hasText: /^withdrawn$/ }).waitFor({ timeout: 60_000 });
  await look(t, alice, 'consent-withdrawn');
  await auditor.press('Ask the banks again');
  await auditor.sees('This code opens the account no more');
  t.is(await auditor.page.locator('.balance').count(), 0);
  await look(t, auditor, 'viewed-withdrawn');
  await alice.pay(bobsAddress, '0.50');
  await alice.verdict('Paid');
  await alice.hasBalance('25.00');
});

story('the wallet file is the one of the command line, and goes both ways', async t => {
  await alice.go('/settings');
  for (const name of ['jp_norgan', 'ubz']) {
    await alice.page.locator('.bank-list li', { hasText: name }).getByText('at work').waitFor();
  }
  await look(t, alice, 'wallet');
  const [download] = await Promise.all([alice.page.waitForEvent('download'), alice.press('Save the wallet file')]);
  const file = join(await temporaryFolder(), 'alice.wallet');
  await writeFile(file, await readFile(await download.path()));
  const env = { COVAULT_NETWORK: net.networkFile, COVAULT_WALLET: file, COVAULT_PASSPHRASE: passphrase };
  const { code, out } = await covault(['balance', '--json'], env);
  t.is(code, 0);
  t.regex(out, /25\.00/);

  const elsewhere = await Holder.at(browser, ubz.gateway);
  await elsewhere.page.getByRole('radio', { name: 'Wallet file' }).check();
  await elsewhere.page.locator('input[type=file]').setInputFiles(file);
  await elsewhere.fill('Its passphrase', passphrase);
  await elsewhere.press('Open it here');
  await elsewhere.hasBalance('25.00');
  t.deepEqual(elsewhere.witness.faults, []);
  await elsewhere.context.close();
});

story('the seed phrase brings the account back on another device', async t => {
  const restored = await Holder.at(browser, jp.gateway);
  await restored.page.getByRole('radio', { name: 'Seed phrase' }).check();
  await restored.page.locator('textarea').fill(phrase);
  await restored.fill('New passphrase', passphrase);
  await restored.fill('The same again', passphrase);
  await restored.press('Restore the wallet');
  await restored.heading('Open an account');
  await restored.fill('Account address or number', '0');
  await restored.press('Take it up');
  await restored.hasBalance('25.00');
  await restored.context.close();
  t.pass();
});

story('a payee is scanned with the camera', async t => {
  const film = join(await temporaryFolder(), 'code.y4m');
  await bob.go('/account?number=1');
  await writeFile(film, await filmOf(bob));
  const withCamera = await launch(
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${film}`,
  );
  t.teardown(() => withCamera.close());
  const carol = await Holder.at(withCamera, jp.gateway);
  await carol.makeWallet();
  await carol.openAccount(net.claimOf(2), 'Pocket');
  await carol.go('/pay');
  await carol.press('Scan a QR code');
  await carol.sees('The address is right: Account 1.');
  t.is(await carol.page.getByLabel('To', { exact: true }).inputValue(), bobsAddress);
  t.deepEqual(carol.witness.faults, []);
});

story('nothing secret has left a page, and no page has talked to anybody but the banks', async t => {
  const claim = JSON.parse(await readFile(net.claimOf(0), 'utf8')) as { secret: string };
  for (const { witness } of [alice, bob, auditor]) {
    t.deepEqual(witness.faults, []);
    t.true(
      witness.sent.some(({ url, method }) => method === 'POST' && url.endsWith('/v1/envelopes')),
      'envelopes are seen',
    );
    for (const { url, body } of witness.sent) {
      t.true([jp.gateway, ubz.gateway].includes(new URL(url).origin), url);
      for (const secret of [
        passphrase,
        encodeURIComponent(passphrase),
        claim.secret,
        phrase,
        ...phrase
          .split(' ')
          .slice(0, 3)
          .map(w => ` ${w} `),
      ]) {
        t.false(url.includes(secret) || body.includes(secret));
      }
    }
  }
});
