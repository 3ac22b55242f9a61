/**
 * The crypto folder twice: as Node loads it, and bundled for a browser, where the package's `browser` field puts noble
 * in the place of node:crypto. The same tests run on both.
 */
import * as node from '../../../src/crypto/index.js';
import { bundleForBrowser, importBundle } from '../../harness/browser-bundle.js';

export type Crypto = typeof node;

export const both: readonly (readonly [string, Crypto])[] = [
  ['node', node],
  ['browser', await importBundle(await bundleForBrowser('crypto'))],
];
