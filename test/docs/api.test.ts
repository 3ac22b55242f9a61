/**
 * The descriptions of the APIs against what there is: valid OpenAPI, no route without an entry, no answer that its entry does not
 * allow, no export of the library without a docstring; and pages that need no network.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import test from 'ava';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { httpStatus } from '../../node/gateway/replies.js';
import { writeApiPage } from '../../scripts/documentation/api-pages.js';
import {
  consoleServer,
  type Description,
  descriptionOf,
  gatewayServer,
} from '../../scripts/documentation/descriptions.js';
import { readLibrary } from '../../scripts/documentation/library.js';
import { type ErrorCode, errorTable } from '../../src/errors.js';
import { chromium, launch } from '../harness/browser.js';
import { temporaryFolder } from '../harness/temporary-folder.js';
import { token } from '../node/console/world.js';
import { root } from '../node/real-processes.js';

const servers = { gateway: gatewayServer, console: consoleServer };

/** Routes as the server has registered them, in the description's spelling; HEAD, which every GET has, left out. */
function routesOf(app: FastifyInstance): string[] {
  const above: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap(line => {
      const { 1: indent, 2: piece, 3: methods = '' } = /^([│ ]*)[├└]── (\S*)(?: \((.*)\))?$/.exec(line) ?? [];
      if (indent === undefined) return [];
      above.splice(indent.length / 4, above.length, piece);
      const path = above.join('').replace(/:(\w+)/g, '{$1}');
      return methods.split(', ').flatMap(method => (['', 'HEAD'].includes(method) ? [] : [`${method} ${path}`]));
    });
}

const operationsOf = ({ paths }: Description) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );

for (const [name, build] of Object.entries(servers)) {
  test(`the ${name}'s description is valid OpenAPI 3.1`, async t => {
    const app = await build();
    const description = descriptionOf(app);
    t.is(description.openapi, '3.1.0');
    t.like(await new Validator().validate({ ...description }), { valid: true });
    const broken = { ...description, paths: { '/v1/broken': { get: { responses: { 200: { content: {} } } } } } };
    t.false((await new Validator().validate(broken)).valid, 'an answer without a description is found');
  });

  test(`every route of the ${name} is described, and none that is not there`, async t => {
    const app = await build();
    const routes = routesOf(app);
    t.true(routes.length >= 8);
    t.deepEqual(
      operationsOf(descriptionOf(app))
        .map(({ name }) => name)
        .sort(),
      routes.sort(),
    );
  });

  test(`every route of the ${name} says in words what it does, what it answers, and how it refuses`, async t => {
    const description = descriptionOf(await build());
    for (const { name, operation } of operationsOf(description)) {
      t.truthy(operation.summary, name);
      const statuses = Object.keys(operation.responses);
      t.true(
        statuses.some(status => /^[12]\d\d$/.test(status)),
        name,
      );
      for (const status of ['4XX', '5XX']) {
        const schema = operation.responses[status]?.content?.['application/json']?.schema;
        t.deepEqual(schema, { $ref: '#/components/schemas/error' }, `${name}: ${status}`);
      }
      for (const { description } of Object.values(operation.responses)) t.not(description, 'Default Response', name);
    }
  });

  test(`the ${name}'s description tells all error codes, each with its status`, async t => {
    const { info } = descriptionOf(await build());
    const rows = [...info.description.matchAll(/^\| (\d+) \| [^|]+ \| ([A-Z_, ]+) \|$/gm)];
    const told = rows.flatMap(([, status, of]) => of.split(', ').map(code => [code, Number(status)]));
    const codes = Object.keys(errorTable) as ErrorCode[];
    t.deepEqual(Object.fromEntries(told), Object.fromEntries(codes.map(code => [code, httpStatus(code)])));
    t.is(told.length, codes.length);
  });
}

const id = 'ab'.repeat(32);
/** Each route, and ways to be refused; what may be answered to each the description says. */
const calls: Readonly<Record<keyof typeof servers, readonly InjectOptions[]>> = {
  gateway: [
    { url: '/v1/network' },
    { method: 'POST', url: '/v1/envelopes', headers: { 'content-type': 'application/octet-stream' }, payload: 'a' },
    { method: 'POST', url: '/v1/envelopes', headers: { 'content-type': 'text/html' }, payload: 'a' },
    { method: 'POST', url: '/v1/envelopes', payload: { a: 1 } },
    { url: '/v1/submissions' },
    { url: `/v1/envelopes/${id}` },
    { url: '/v1/envelopes/none' },
    { url: '/v1/records?from=1' },
    { url: '/v1/records?from=0' },
    { url: '/v1/memos?page=0' },
    { url: '/v1/memos?page=none' },
    { url: '/v1/accounts' },
    { url: '/v1/accounts?count=0' },
    { url: '/v1/health' },
    { url: '/v1/ready' },
    { url: '/v1/status' },
    { method: 'POST', url: '/v1/audits' },
    { method: 'POST', url: '/v1/audits', headers: { authorization: 'Bearer none' } },
    { url: '/v1/copies/ubz' },
    { url: '/v1/copies/ubz', headers: { authorization: 'Bearer none' } },
    { url: '/v1/copies/nobody', headers: { authorization: 'Bearer none' } },
    { url: '/metrics' },
    { url: '/openapi.json' },
  ],
  console: [
    { method: 'POST', url: '/v1/login', payload: { token } },
    { method: 'POST', url: '/v1/login', payload: { token: 'wrong' } },
    { method: 'POST', url: '/v1/login', payload: {} },
    ...['/v1/state', '/v1/history', '/v1/network', '/v1/records', '/openapi.json'].flatMap(url => [
      { url },
      { url, headers: { authorization: `Bearer ${token}` } },
    ]),
    { url: '/v1/feed' },
    { method: 'POST', url: '/v1/audits', headers: { authorization: `Bearer ${token}` } },
    { method: 'POST', url: '/v1/logout', headers: { authorization: `Bearer ${token}` } },
  ],
};

for (const [name, build] of Object.entries(servers) as [keyof typeof servers, () => Promise<FastifyInstance>][]) {
  test(`what the ${name} answers, its description allows`, async t => {
    const app = await build();
    const description = descriptionOf(app);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'api', ...description });
    const called = new Set<string>();
    for (const call of calls[name]) {
      const { method = 'GET', url = '' } = call as { method?: string; url?: string };
      const at = Object.keys(description.paths).find(path =>
        new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}(?:\\?|$)`).test(url),
      );
      const operation = at && description.paths[at][method.toLowerCase()];
      if (!operation) return t.fail(`${method} ${url} is not described`);
      called.add(`${method} ${at}`);
      const { statusCode, headers, body } = await app.inject(call);
      const said = `${method} ${url}: ${statusCode}`;
      const status = [`${statusCode}`, `${statusCode}`.replace(/..$/, 'XX')].find(key => key in operation.responses);
      if (status === undefined) return t.fail(said);
      const type = `${headers['content-type'] ?? ''}`.split(';')[0];
      const { content = {} } = operation.responses[status];
      t.deepEqual(Object.keys(content), type === '' ? [] : [type], said);
      if (type !== 'application/json') continue;
      const pointer = ['paths', at ?? '', method.toLowerCase(), 'responses', status, 'content', type, 'schema'];
      const ref = pointer.map(part => part.replaceAll('~', '~0').replaceAll('/', '~1')).map(encodeURIComponent);
      const check = ajv.compile({ $ref: `api#/${ref.join('/')}` });
      t.true(check(JSON.parse(body)), `${said}: ${ajv.errorsText(check.errors)}`);
    }
    t.deepEqual([...called].sort(), routesOf(app).sort(), 'every route was called');
  });
}

test('all that the library exports has a docstring', async t => {
  const { faults } = await readLibrary(root);
  t.deepEqual(faults, []);
});

test('an export without a docstring is found', async t => {
  const folder = temporaryFolder();
  await writeFile(join(folder, 'bare.ts'), '/** Told. */\nexport const told = 1;\n\nexport const bare = 2;\n');
  await writeFile(join(folder, 'tsconfig.json'), '{ "files": ["bare.ts"], "compilerOptions": { "types": [] } }');
  const only = {
    entryPoints: [join(folder, 'bare.ts')],
    tsconfig: join(folder, 'tsconfig.json'),
    intentionallyNotExported: [],
  };
  const { faults } = await readLibrary(folder, only);
  t.is(faults.length, 1);
  t.regex(faults[0], /bare .*does not have any documentation/);
});

test('the page of an API has beside it all that it loads', async t => {
  const folder = temporaryFolder();
  await writeApiPage(folder, descriptionOf(await gatewayServer()));
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file);
  t.deepEqual([...files, 'index.html', 'openapi.json'].sort(), (await readdir(folder)).sort());
});

(chromium ? test : test.skip)(
  'the page of an API shows its routes, asks nobody, and is not stopped by its policy',
  async t => {
    const folder = temporaryFolder();
    const description = descriptionOf(await gatewayServer());
    await writeApiPage(folder, description);
    const browser = await launch();
    t.teardown(() => browser.close());
    const page = await browser.newPage();
    const [asked, faults]: [string[], string[]] = [[], []];
    page.on('request', request => asked.push(request.url()));
    page.on('console', message => (message.type() === 'error' ? faults.push(message.text()) : undefined));
    page.on('pageerror', error => faults.push(error.message));
    await page.goto(`file://${join(folder, 'index.html')}`);
    await page.locator('.opblock').first().waitFor();
    const shown = await page.locator('.opblock-summary-path').allTextContents();
    const plain = (paths: readonly string[]) => paths.map(path => path.replace(/\u200b/g, '')).sort();
    t.deepEqual(plain(shown), plain(Object.keys(description.paths)));
    await page.locator('.opblock-summary-path').first().click();
    await page.locator('.opblock.is-open .example', { hasText: '"code": "MALFORMED"' }).first().waitFor();
    t.deepEqual(faults, []);
    t.deepEqual(
      asked.filter(url => !/^(?:file|data):/.test(url)),
      [],
    );
  },
);
