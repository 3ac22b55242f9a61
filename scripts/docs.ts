/**
 * Makes the documentation of the APIs: gateway/ and console/ from their OpenAPI descriptions, library/ from docstrings, and a
 * page that leads to them. The first argument is the folder; without one it is build/docs.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { processOutput } from '../node/commands/output.js';
import { writeApiPage } from './documentation/api-pages.js';
import { consoleServer, descriptionOf, gatewayServer } from './documentation/descriptions.js';
import { readLibrary } from './documentation/library.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = resolve(process.argv[2] ?? join(root, 'build/docs'));
await mkdir(folder, { recursive: true });
for (const [name, build] of [
  ['gateway', gatewayServer],
  ['console', consoleServer],
] as const) {
  const app = await build();
  await writeApiPage(join(folder, name), descriptionOf(app));
  await app.close();
}
const library = await readLibrary(root);
await library.write(join(folder, 'library'));
await writeFile(
  join(folder, 'index.html'),
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Covault: APIs</title>
<style>:root { color-scheme: light dark; font: 1.1rem/1.6 system-ui, sans-serif } body { max-width: 40rem; margin: 4rem auto; padding: 0 1rem }</style>
</head>
<body>
<main>
<h1>Covault: APIs</h1>
<ul>
<li><a href="gateway/index.html">Gateway</a>: HTTP, for wallets and for the operator's programs</li>
<li><a href="console/index.html">Console</a>: HTTP, for what operators see</li>
<li><a href="library/index.html">Library</a>: the wallet (<code>covault/wallet</code>), and a bank over ports (<code>covault</code>)</li>
</ul>
</main>
</body>
</html>
`,
);
processOutput.data(`file://${join(folder, 'index.html')}`);
if (library.faults.length > 0) {
  processOutput.note(library.faults.join('\n'));
  process.exitCode = 1;
}
