/** Parts of the pages that no story brings into trouble: bundled alone, in a browser, with nobody behind them. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Browser, Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { chromium, launch } from '../harness/browser.js';
import { root } from '../node/real-processes.js';

const story = chromium ? test.serial : test.serial.skip;
let browser: Browser;

test.before(async t => {
  if (!chromium) {
    t.log('no Chromium on the PATH: the tests of parts of the pages are SKIPPED');
    return;
  }
  browser = await launch();
});

test.after.always(() => browser?.close());

const web = join(root, 'node/web');

/** One script of `source`, which may import what node/web/ may. */
async function bundle(source: string): Promise<string> {
  const entry = join(web, 'under-test.ts');
  const [{ output }] = (await build({
    configFile: false,
    root: web,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry of a test',
        resolveId: id => (id === entry ? entry : undefined),
        load: id => (id === entry ? source : undefined),
      },
    ],
    build: { write: false, lib: { entry, formats: ['es'], fileName: 'script' } },
  })) as Rolldown.RolldownOutput[];
  return output[0].code;
}

/** A page of an origin of its own that runs `source`; what goes wrong by itself fails the test. */
async function pageOf(t: ExecutionContext, source: string): Promise<Page> {
  const script = await bundle(source);
  const page = await browser.newPage();
  t.teardown(() => page.close());
  page.on('pageerror', error => t.fail(error.message));
  await page.route('http://parts.test/**', route =>
    route.request().url().endsWith('.js')
      ? route.fulfill({ contentType: 'text/javascript', body: script })
      : route.fulfill({
          contentType: 'text/html',
          body: '<div id="app"></div><script type="module" src="/a.js"></script>',
        }),
  );
  await page.goto('http://parts.test/');
  return page;
}

story('an answer to what is no longer asked is never shown, neither the last one nor a late one', async t => {
  const page = await pageOf(
    t,
    `import { h, render } from 'preact';
     import { useAnswer } from './common/use-answer.ts';
     const asked = [];
     function Part({ about, news }) {
       const ask = () => new Promise((answer, fail) => asked.push({ about, answer, fail }));
       const { value, error } = useAnswer(ask, [about], [news]);
       return h('p', {}, 'about ', about, ': ', value ?? 'nothing', error ? ', trouble' : '');
     }
     window.show = (about, news) => render(h(Part, { about, news }), document.getElementById('app'));
     window.asked = asked;`,
  );
  const shown = () => page.locator('#app').textContent();
  const show = async (about: string, news: number, count: number) => {
    // read in the same breath: before anything that was begun by it has ended
    const text = await page.evaluate(`show('${about}', ${news}); document.getElementById('app').textContent`);
    await page.waitForFunction(`asked.length === ${count}`);
    return text;
  };
  const answer = (index: number, how: string) =>
    page.evaluate(`asked[${index}].${how}; new Promise(next => setTimeout(next))`);

  t.is(await show('one', 0, 1), 'about one: nothing');
  await answer(0, `answer('1')`);
  t.is(await shown(), 'about one: 1');
  t.is(await show('two', 0, 2), 'about two: nothing');
  t.is(await show('three', 0, 3), 'about three: nothing');
  await answer(2, `answer('3')`);
  await answer(1, `answer('2')`);
  t.is(await shown(), 'about three: 3');
  t.is(await show('three', 1, 4), 'about three: 3', 'news: the old answer stands');
  await answer(3, `fail(new Error('x'))`);
  t.is(await shown(), 'about three: 3, trouble');
  t.is(await show('three', 2, 5), 'about three: 3, trouble');
  await answer(4, `answer('3 again')`);
  t.is(await shown(), 'about three: 3 again');
});

story('a wallet that was removed is not written back by what was still under way', async t => {
  const page = await pageOf(t, `import { openVault } from './wallet/worker/vault.ts'; window.openVault = openVault;`);
  const seen = await page.evaluate<unknown>(`(async () => {
    const vault = await openVault();
    await vault.saveNetwork('network');
    await vault.save('first');
    const before = vault.save('before');
    const clearing = vault.clear();
    const during = vault.save('during');
    await Promise.allSettled([before, clearing, during]);
    const after = vault.save('after');
    const network = vault.saveNetwork('after');
    const ends = await Promise.allSettled([before, clearing, during, after, network]);
    const left = [await vault.load(), await vault.loadNetwork()];
    const next = await openVault();
    await next.save('new');
    return { ends: ends.map(({ status }) => status), left, kept: await next.load() };
  })()`);
  t.deepEqual(seen, {
    ends: ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'],
    left: [undefined, undefined],
    kept: 'new',
  });
});

story('a wallet that could not be removed says so, and can be removed again', async t => {
  const page = await pageOf(
    t,
    `import { h, render } from 'preact';
     import { Forget } from './wallet/parts/forget.tsx';
     window.calls = 0;
     const forget = async () => {
       if (++window.calls === 1) throw new Error('the browser kept nothing');
     };
     render(h(Forget, { isPaying: false, forget }), document.getElementById('app'));`,
  );
  const isStill = page.getByText('it is still in this browser');
  await page.getByRole('button', { name: 'Remove the wallet' }).click();
  t.is(await isStill.count(), 0);
  const yes = page.getByRole('button', { name: 'Yes, remove it' });
  await yes.click();
  await isStill.waitFor();
  await yes.click();
  await isStill.waitFor({ state: 'detached' });
  t.is(await page.evaluate('window.calls'), 2);
});
