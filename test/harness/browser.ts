/**
 * A browser for tests of pages: Chromium as the system has it, found on the PATH, driven by playwright-core, headless.
 *
 * Nothing is downloaded. Where there is none, `chromium` is undefined and tests of pages say that they are skipped. Pictures
 * that tests take are kept in build/screenshots/, for people to look at; no test compares them.
 */
import { accessSync, constants } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import axe from 'axe-core';
import { type Browser, chromium as driver, type Page } from 'playwright-core';
import { root } from '../node/real-processes.js';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The executable's path, if there is one. */
export const chromium = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap(folder => names.map(name => join(folder, name)))
  .find(isExecutable);

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `args` beside those that every test needs. Root gets no sandbox: Chromium refuses otherwise. */
export function launch(...args: readonly string[]): Promise<Browser> {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return driver.launch({
    executablePath: chromium ?? '',
    headless: true,
    args: [...asRoot, '--font-render-hinting=none', ...args],
  });
}

export const shotsFolder = join(root, 'build/screenshots');

/** A picture of the whole page as it is now, in light and in dark, wide and narrow. */
export async function shoot(page: Page, name: string): Promise<void> {
  await mkdir(shotsFolder, { recursive: true });
  const before = page.viewportSize() ?? { width: 1200, height: 800 };
  for (const [size, viewport] of [
    ['wide', { width: 1200, height: 820 }],
    ['phone', { width: 390, height: 844 }],
  ] as const) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      // as high as the page: what is fixed to the window's edge then stands at the page's
      const height = await page.evaluate<number>('document.documentElement.scrollHeight');
      await page.setViewportSize({ ...viewport, height: Math.max(viewport.height, height) });
      const path = join(shotsFolder, `${name}-${size}-${colorScheme}.png`);
      await page.screenshot({ path, animations: 'disabled' });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(before);
}

/** What axe finds against WCAG 2.2 A and AA, in the colours of now: one line a fault. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await axe.run({ runOnly, resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target} ${failureSummary}`),
    );
  });
}
