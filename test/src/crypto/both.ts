/**
 * The crypto folder twice: as Node loads it, and bundled for a browser, where the package's `browser` field puts noble
 * in the place of node:crypto. The same tests run on both.
 */
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import * as node from '../../../src/crypto/index.js';

export type Crypto = typeof node;

const browserPrimitives: Plugin = {
  name: 'browser-primitives',
  setup(bundle) {
    const path = fileURLToPath(new URL('../../../src/crypto/primitives-browser.ts', import.meta.url));
    bundle.onResolve({ filter: /\/primitives-node\.js$/ }, () => ({ path }));
  },
};

/** Fails when anything in the import graph asks for a Node built-in: platform `browser` resolves none. */
async function bundled(): Promise<Crypto> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('../../../src/crypto/index.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    write: false,
    plugins: [browserPrimitives],
    logLevel: 'silent',
  });
  const code = Buffer.from(result.outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}

export const both: readonly (readonly [string, Crypto])[] = [
  ['node', node],
  ['browser', await bundled()],
];
