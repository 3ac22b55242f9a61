/** Static pages at the gateway: what is served, with which headers, and to whom. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { buildGateway, type GatewayOptions } from '../../../node/gateway/index.js';
import { pageHeaders } from '../../../node/gateway/pages.js';
import { temporaryFolder } from '../../harness/temporary-folder.js';
import { FakeBank, memoryLog } from './fake-bank.js';

const other = 'http://127.0.0.1:8002';

async function gateway(t: ExecutionContext, over: Partial<GatewayOptions> = {}) {
  const folder = temporaryFolder();
  await mkdir(join(folder, 'wallet/assets'), { recursive: true });
  await writeFile(join(folder, 'wallet/index.html'), '<!doctype html><title>a page</title>');
  await writeFile(join(folder, 'wallet/assets/index-0123abCD.js'), 'export {};');
  await writeFile(join(folder, 'secret.txt'), 'beside the pages');
  const wallet = { folder: join(folder, 'wallet'), connect: [other] };
  const options = { host: '127.0.0.1', port: 0, networkFile: '{}', log: memoryLog(), wallet, ...over };
  const { app } = await buildGateway(new FakeBank(), options);
  t.teardown(() => app.close());
  return (url: string) => app.inject({ method: 'GET', url });
}

test('the wallet is served, from the address alone too, and nothing beside it', async t => {
  const get = await gateway(t);
  for (const url of ['/', '/wallet']) t.like(await get(url), { statusCode: 302, headers: { location: '/wallet/' } });
  const page = await get('/wallet/');
  t.is(page.statusCode, 200);
  t.regex(`${page.headers['content-type']}`, /^text\/html/);
  t.regex(page.body, /a page/);
  const script = await get('/wallet/assets/index-0123abCD.js');
  t.regex(`${script.headers['content-type']}`, /javascript/);
  for (const url of ['/wallet/../secret.txt', '/wallet/%2e%2e/secret.txt', '/wallet/assets/', '/wallet/none.js']) {
    t.is((await get(url)).statusCode, 404, url);
  }
});

test('a page may run what this bank serves and talk to the banks, and to nobody else', async t => {
  const get = await gateway(t);
  for (const url of ['/wallet/', '/wallet/assets/index-0123abCD.js']) {
    const { headers } = await get(url);
    const policy = `${headers['content-security-policy']}`.split('; ');
    t.true(policy.includes("default-src 'none'"));
    t.true(policy.includes("script-src 'self' 'wasm-unsafe-eval'"));
    t.true(policy.includes(`connect-src 'self' ${other}`));
    t.true(policy.includes("frame-ancestors 'none'"));
    t.true(policy.includes("require-trusted-types-for 'script'"));
    t.like(headers, { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    t.regex(`${headers['permissions-policy']}`, /camera=\(self\), geolocation=\(\)/);
  }
  t.notRegex(pageHeaders({})['content-security-policy'], /unsafe-inline|'unsafe-eval'|\*/);
  t.is((await get('/v1/health')).headers['content-security-policy'], undefined);
});

test('what is named by its digest is kept for ever, a page is asked for again', async t => {
  const get = await gateway(t);
  t.regex(`${(await get('/wallet/assets/index-0123abCD.js')).headers['cache-control']}`, /immutable/);
  t.is((await get('/wallet/')).headers['cache-control'], 'no-cache');
});

test('a gateway without a wallet has no pages', async t => {
  const get = await gateway(t, { wallet: undefined });
  for (const url of ['/', '/wallet/']) t.is((await get(url)).statusCode, 404);
});
