import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import { missingBrowser, startChromium } from '#test/support/chromium.ts';
import { demoPlace } from '#test/support/cli.ts';

const missing = await missingBrowser();
if (missing !== null) process.stderr.write(`demo --browser is not tested in a browser: ${missing}\n`);

/** As it is printed, on a line of its own. */
const ADDRESS = /^ {2}(https:\/\/localhost:\d+\/\S+)\n/m;

describe.runIf(missing === null)('passthru demo --browser', () => {
  it('goes on with what a person did in a real browser, whichever account they chose, and says so on the last page', async () => {
    await using place = await demoPlace();
    const demo = place.start('demo', 'identity', '--browser', '--output', 'json');
    let printed = '';
    demo.child.stderr?.on('data', (chunk) => (printed += String(chunk)));
    // The run waits for it: no browser has been there yet.
    await expect.poll(() => ADDRESS.exec(printed)?.[1], { timeout: 120_000 }).toBeDefined();
    const address = ADDRESS.exec(printed)?.[1] ?? '';
    expect(printed).toContain('Open this address in a browser');

    await using chromium = await startChromium({ caFile: join(place.stateDir, 'tls/ca.pem'), ports: {} });
    const page = await chromium.browser.newPage();
    await page.goto(address);
    await page.getByLabel('User name').fill('demo-admin');
    await page.getByLabel('Password').fill('demo-admin-password');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL('http://127.0.0.1:*/callback*');
    expect(await page.locator('h1').innerText()).toBe('You are logged in');
    expect(await page.locator('p').innerText()).toContain('passthru has tokens for demo-admin');

    const { code, stdout } = await demo.done;
    const { steps, outcome } = JSON.parse(stdout) as Report;
    const pkce = steps.find(({ id }) => id === 'identity.pkce');
    expect([code, outcome]).toEqual([0, 'passed']);
    expect(pkce?.detail).toMatch(/^demo-admin · S256/);
    expect(pkce?.checks.map(({ id }) => id)).toEqual(expect.arrayContaining(['state', 'iss', 'nonce', 'family-revoked']));
    expect(pkce?.checks.map(({ id }) => id)).not.toContain('pages');
  }, 180_000);
});
