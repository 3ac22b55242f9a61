/**
 * A holder at a browser, for tests: what a person does on the wallet's pages, found by labels and roles as a screen reader
 * finds them; and a witness of all that the page sends.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';

export const passphrase = 'mild otter paints seven doors';

/** What has gone wrong in a page by itself: thrown, or against the policy. */
export interface Witness {
  readonly faults: string[];
  /** Address and body of every request, in order. */
  readonly sent: { readonly url: string; readonly method: string; readonly body: string }[];
}

export class Holder {
  page: Page;
  readonly context: BrowserContext;
  readonly witness: Witness = { faults: [], sent: [] };
  readonly wallet: string;

  private constructor(context: BrowserContext, page: Page, wallet: string) {
    this.context = context;
    this.page = page;
    this.wallet = wallet;
  }

  /** A profile of its own: another device. `gateway`: the bank that serves the wallet; `link`: opened first. */
  static async at(browser: Browser, gateway: string, link?: string): Promise<Holder> {
    const context = await browser.newContext({
      viewport: { width: 1200, height: 820 },
      locale: 'en-GB',
      reducedMotion: 'reduce',
    });
    const holder = new Holder(context, await context.newPage(), `${gateway}/wallet/`);
    context.setDefaultTimeout(20_000);
    context.on('request', request => {
      const body = request.postDataBuffer()?.toString('latin1') ?? '';
      holder.witness.sent.push({ url: request.url(), method: request.method(), body });
    });
    context.on('weberror', error => holder.witness.faults.push(`${error.error()}`));
    context.on('console', message => {
      if (/Content Security Policy|Uncaught/.test(message.text())) holder.witness.faults.push(message.text());
    });
    await holder.page.goto(link ?? holder.wallet);
    return holder;
  }

  async go(path: string): Promise<void> {
    await this.page.goto(`${this.wallet}#${path}`);
  }

  async press(name: string | RegExp): Promise<void> {
    await this.page.getByRole('button', { name, exact: typeof name === 'string' }).click();
  }

  async fill(label: string, text: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(text);
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor({ timeout: 60_000 });
  }

  async heading(name: string | RegExp): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name }).waitFor({ timeout: 60_000 });
  }

  /** Gives the seed phrase. `look` sees the page that shows it. */
  async makeWallet(look: () => Promise<void> = async () => {}): Promise<string> {
    await this.fill('New passphrase', passphrase);
    await this.fill('The same again', passphrase);
    await this.press('Make the wallet');
    await this.heading('Write these words on paper');
    const words = await this.page.getByLabel('Seed phrase').getByRole('listitem').allTextContents();
    await look();
    await this.press('I have written them down');
    for (const label of await this.page.locator('main label').allTextContents()) {
      await this.fill(label, words[Number(/\d+/.exec(label)?.[0]) - 1]);
    }
    await this.press('Go on');
    return words.join(' ');
  }

  async openAccount(claimFile: string, name: string): Promise<void> {
    await this.go('/open-account');
    await this.page.getByLabel('Claim file', { exact: true }).setInputFiles(claimFile);
    await this.fill('Its name (optional)', name);
    await this.press('Open the account');
    await this.page.getByRole('heading', { name }).waitFor();
  }

  /** The address that the page offers for copying. */
  async address(account: number): Promise<string> {
    await this.go(`/account?number=${account}`);
    await this.heading('Be paid');
    const label = await this.page.locator('svg.qr').getAttribute('aria-label');
    return /cov1\w+/.exec(label ?? '')?.[0] ?? '';
  }

  /** As far as the look at it before it is sent. */
  async draftPayment(to: string, amount: string, message = ''): Promise<void> {
    await this.go('/pay');
    await this.fill('To', to);
    await this.fill('Amount', amount);
    await this.fill('Message to the payee (optional)', message);
    await this.press('Go on');
    await this.heading('Is this right?');
  }

  async pay(to: string, amount: string): Promise<void> {
    await this.draftPayment(to, amount);
    await this.press('Pay');
    await this.heading('Payment');
  }

  /** On the page of a payment. */
  async verdict(text: string): Promise<void> {
    await this.page.locator('.verdict-words', { hasText: text }).waitFor({ timeout: 60_000 });
  }

  /** Asks the banks, and waits for this balance. */
  async hasBalance(amount: string): Promise<void> {
    await this.go('/');
    const shown = this.page.locator('.balance', { hasText: amount });
    if (!(await shown.isVisible())) await this.press('Ask the banks');
    await shown.waitFor({ timeout: 60_000 });
  }

  async unlock(): Promise<void> {
    await this.fill('Passphrase', passphrase);
    await this.press('Unlock');
  }

  /** The window is closed, and opened again another day: same device, same store. */
  async comeBack(): Promise<void> {
    await this.page.close();
    this.page = await this.context.newPage();
    await this.page.goto(this.wallet);
    await this.unlock();
  }
}
