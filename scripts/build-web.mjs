/**
 * The pages people see: every folder of node/web/ that has an index.html becomes static files in build/node/web/, after
 * its types are checked. Part of `npm run build`; the library must be compiled before.
 *
 * A warning of the bundler is an error: an import of a Node built-in, for one, would be replaced by nothing.
 * When no source has changed since the last time nothing is done.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, createLogger } from 'vite';
import { pageConfig } from '../node/web/vite.config.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, 'build/node/web');

const entries = await readdir(join(root, 'node/web'), { withFileTypes: true });
const pages = entries
  .filter(entry => entry.isDirectory() && existsSync(join(root, 'node/web', entry.name, 'index.html')))
  .map(entry => entry.name)
  .sort();

const digest = await digestOf([
  ...['node/web', 'build/src', 'build/node/console', 'tsconfig.json'],
  ...['scripts/build-web.mjs', 'package-lock.json'],
]);
const stamp = join(out, 'digest.txt');
const unchanged =
  existsSync(stamp) &&
  (await readFile(stamp, 'utf8')) === digest &&
  pages.every(page => existsSync(join(out, page, 'index.html')));

if (!unchanged) {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'node/web')], {
    stdio: 'inherit',
  });
  for (const page of pages) await buildPage(page);
  await mkdir(out, { recursive: true });
  await writeFile(stamp, digest);
}
for (const page of pages) console.log(`node/web/${page}: ${await sizes(page)}${unchanged ? ', unchanged' : ''}`);

async function buildPage(page) {
  const warnings = [];
  const customLogger = createLogger('warn');
  customLogger.warn = text => warnings.push(text);
  customLogger.warnOnce = text => warnings.push(text);
  await build({ ...pageConfig(page), customLogger });
  if (warnings.length > 0) throw new Error(`node/web/${page}:\n${warnings.join('\n')}`);
}

/** Of files, and of all files in folders but maps and declarations' maps. */
async function digestOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const isFile = (await stat(join(root, path))).isFile();
    const names = isFile ? [''] : (await readdir(join(root, path), { recursive: true })).sort();
    for (const name of names.filter(name => !name.endsWith('.map'))) {
      const file = join(root, path, name);
      if ((await stat(file)).isFile()) hash.update(`${path}/${name}\0`).update(await readFile(file));
    }
  }
  return hash.digest('hex');
}

/** What a visitor loads, by kind, as it is and compressed. */
async function sizes(page) {
  const byKind = new Map();
  for (const file of await readdir(join(out, page), { recursive: true })) {
    const kind = /\.(js|css|html|woff2)$/.exec(file)?.[1];
    if (!kind) continue;
    const bytes = await readFile(join(out, page, file));
    const [plain, small] = byKind.get(kind) ?? [0, 0];
    byKind.set(kind, [plain + bytes.length, small + (kind === 'woff2' ? bytes.length : gzipSync(bytes).length)]);
  }
  const kilo = bytes => `${(bytes / 1000).toFixed(0)} kB`;
  return [...byKind].map(([kind, [plain, small]]) => `${kind} ${kilo(plain)} (gzip ${kilo(small)})`).join(', ');
}
