import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { reportPage } from '#cli/reporters/page/page.ts';
import { FAILED_RUN } from '#test/support/cli-events.ts';
import { chromiumAt, missingBrowser } from '#test/support/chromium.ts';
import { recordedPage } from '#test/support/page-data.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const missing = await missingBrowser();
if (missing !== null) console.warn(`Without a browser: ${missing}`);

describe.skipIf(missing !== null)('The page of a run in a browser', () => {
  it('fits 390 and 1280 pixels, loads nothing, is used by keyboard, and is unfolded on paper', { timeout: 60_000 }, async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'report.html');
    await writeFile(file, reportPage(recordedPage(FAILED_RUN)));
    await using chromium = await chromiumAt(folder.path);
    const page = await chromium.browser.newPage();
    const [told, asked]: [string[], string[]] = [[], []];
    page.on('console', (message) => told.push(message.text()));
    page.on('request', (request) => asked.push(request.url()));
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(pathToFileURL(file).href);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    }
    // The icon is in the page itself.
    expect(asked.filter((url) => !url.startsWith('data:'))).toEqual([pathToFileURL(file).href, pathToFileURL(file).href]);

    const summary = page.locator('summary').filter({ hasText: 'demo-user · S256' });
    const check = page.getByText('ID token verified');
    const shows = async (act: () => Promise<void>): Promise<boolean> => {
      await act();
      return check.isVisible();
    };
    expect(await check.isVisible()).toBe(false);
    expect(await shows(() => summary.press('Enter'))).toBe(true);
    expect(await shows(() => summary.press('Enter'))).toBe(false);
    // A link to a step unfolds it.
    expect(await shows(() => page.locator('.slow a').filter({ hasText: 'PKCE log-in' }).press('Enter'))).toBe(true);
    expect(await shows(() => summary.press('Enter'))).toBe(false);

    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await check.isVisible()).toBe(true);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(told).toEqual([]);
  });
});
