import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { missingBrowser, RETRY_ON_NEW_NETWORK } from '#test/support/chromium.ts';
import { visitIdentity, walkPages } from '#test/support/pages-of-identity.ts';

const missing = await missingBrowser();
if (missing !== null) process.stderr.write(`the pages are not looked at with axe: ${missing}\n`);

const AXE = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const WIDTHS = [390, 800, 1280];

/** What axe finds, by rule and element, under all rules that it has but those that are experiments. */
const findings = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(AXE);
  return page.evaluate<string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ': ' + failureSummary)))`,
  );
};

const sideways = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

describe.skipIf(missing !== null)('every page in Chromium', { retry: RETRY_ON_NEW_NETWORK }, () => {
  it('has nothing that axe finds, in light and in dark colours, and fits from 390 to 1280 pixels', { timeout: 240_000 }, async () => {
    await using visitor = await visitIdentity();
    const { page, complaints } = visitor;
    const seen: string[] = [];
    await walkPages(visitor, async (name) => {
      seen.push(name);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await findings(page), `${name}, ${colorScheme}`).toEqual([]);
      }
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        expect(await sideways(page), `${name} at ${width} pixels`).toBe(0);
      }
    });
    expect(seen.length).toBeGreaterThanOrEqual(25);
    // The browser reports refused attempts itself; nothing else is wrong.
    expect(complaints.filter((text) => !/status of 40[03]/.test(text))).toEqual([]);
  });

  it('tells axe from a page that is not for everybody', async () => {
    await using visitor = await visitIdentity();
    const { page, authorization } = visitor;
    await page.goto(authorization());
    await page.evaluate(`document.querySelector('label[for=password]').remove()`);
    expect(await findings(page)).toEqual([expect.stringMatching(/^label #password: /)]);
  });
});
