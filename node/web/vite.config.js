/**
 * How a page of a bank is built: `scripts/build-web.mjs` runs this once for every folder here that has an index.html.
 *
 * Each page is a folder of static files of its own, with relative addresses, that can be served under any path and opened
 * without any other server: no CDN. The library is the one of the package, compiled, with its `browser` field in force.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const path = relative => fileURLToPath(new URL(relative, import.meta.url));

/** The Vite configuration of one page: a folder's name. */
export const pageConfig = page =>
  defineConfig({
    configFile: false,
    root: path(`./${page}/`),
    base: './',
    publicDir: false,
    logLevel: 'warn',
    resolve: {
      alias: [
        { find: /^covault\/log$/, replacement: path('../../build/src/ledger/log.js') },
        { find: /^covault\/network$/, replacement: path('../../build/src/network/index.js') },
        { find: /^covault\/wallet$/, replacement: path('../../build/src/wallet/index.js') },
      ],
    },
    build: {
      outDir: path(`../../build/node/web/${page}/`),
      emptyOutDir: true,
      target: 'es2023',
      // nothing inlined: the security policy allows no data: URL for scripts, styles and fonts
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 700,
      reportCompressedSize: false,
    },
    worker: { format: 'es' },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  });
