/**
 * The pages that a bank serves: a folder of static files that `scripts/build-web.mjs` made, under a path of its own, with
 * headers that let a browser run nothing and talk to nobody else than listed.
 *
 *     scripts, styles, fonts   from this origin; WebAssembly may be compiled, text is never run
 *     connections              to this origin and to `connect`
 *     framed, sent by forms    never
 *
 * Every file is a route: nothing else of the disk can be asked for. Files with a digest in their name may be kept for ever.
 *
 * Not here: who may read the answers of the gateway (`gateway.ts`). Sources: CSP Level 3; Trusted Types; Fetch, section 3.2 (CORP).
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

export interface PagesOptions {
  /** Absolute; `pagesFolder` gives it. */
  readonly folder: string;
  /** Where it is served: '/wallet/'. */
  readonly prefix: string;
  /** Origins, beside the own one, that the pages may talk to. */
  readonly connect?: readonly string[];
  /** Features of the device that the pages may ask its user for: 'camera'. */
  readonly permissions?: readonly string[];
  /** Names of the Trusted Types policies by which the pages load workers. With it no text becomes a script in any other way. */
  readonly trustedTypes?: readonly string[];
}

/** Where `npm run build` puts a page; nothing if it was not built. Also right for sources that run uncompiled. */
export function pagesFolder(page: string): string | undefined {
  const here = dirname(fileURLToPath(import.meta.url)); // node/gateway or build/node/gateway
  // the build's first: beside the sources there is an index.html too, which no browser can run
  const candidates = [resolve(here, '../../build/node/web', page), resolve(here, '../web', page)];
  return candidates.find(folder => existsSync(join(folder, 'index.html')));
}

/** In a scope of its own: the headers are of these pages alone. */
export async function addPages(app: FastifyInstance, options: PagesOptions): Promise<void> {
  const { folder, prefix } = options;
  const headers = pageHeaders(options);
  await app.register(async pages => {
    pages.addHook('onSend', async (request, reply) => {
      const isNamedByDigest = /\/assets\/[^/]+-[\w-]{8}\.\w+$/.test(request.url);
      reply.headers({
        ...headers,
        'cache-control': isNamedByDigest ? 'public, max-age=31536000, immutable' : 'no-cache',
      });
    });
    await pages.register(fastifyStatic, {
      root: folder,
      prefix,
      wildcard: false,
      cacheControl: false,
      redirect: false,
    });
  });
}

export function pageHeaders({ connect = [], permissions = [], trustedTypes }: Omit<PagesOptions, 'folder' | 'prefix'>) {
  const may = (feature: string) => `${feature}=(${permissions.includes(feature) ? 'self' : ''})`;
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "worker-src 'self'",
      "style-src 'self'",
      "font-src 'self'",
      "img-src 'self'",
      `connect-src ${["'self'", ...connect].join(' ')}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      ...(trustedTypes ? ["require-trusted-types-for 'script'", `trusted-types ${trustedTypes.join(' ')}`] : []),
    ].join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': ['camera', 'geolocation', 'microphone', 'payment', 'usb'].map(may).join(', '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
}
