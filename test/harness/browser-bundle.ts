/**
 * A part of the library bundled as for a browser. Platform `browser` resolves no Node built-in: one anywhere in the import
 * graph fails the bundle.
 *
 * Compiled tests bundle the compiled library, and the `browser` field of package.json picks the browser's primitives, as it
 * does for everybody. On the sources, which that field does not know, a plugin does the same.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildResult, build, type Plugin } from 'esbuild';

const extension = extname(new URL(import.meta.url).pathname);
const source = (path: string) => fileURLToPath(new URL(`../../src/${path}${extension}`, import.meta.url));

const browserPrimitives: Plugin = {
  name: 'browser-primitives',
  setup(bundle) {
    const path = source('crypto/primitives-browser');
    bundle.onResolve({ filter: /\/primitives-node\.js$/ }, () => ({ path }));
  },
};

/** `folder`: crypto, wallet. */
export function bundleForBrowser(folder: string) {
  return build({
    entryPoints: [source(`${folder}/index`)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    write: false,
    metafile: true,
    logLevel: 'silent',
    plugins: extension === '.ts' ? [browserPrimitives] : [],
  });
}

/** The bundle as a module. */
export function importBundle<T>({ outputFiles }: Pick<BuildResult<{ write: false }>, 'outputFiles'>): Promise<T> {
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
