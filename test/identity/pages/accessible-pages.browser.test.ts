import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { missingBrowser, RETRY_ON_NEW_NETWORK } from '#test/support/chromium.ts';
import { ISSUER, unique } from '#test/support/identity.ts';
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

  it('fits at 390 pixels where names and addresses are long, and have no blank', async () => {
    await using visitor = await visitIdentity({ viewport: { width: 390, height: 800 } });
    const { page, identity, authorization } = visitor;
    const [username, clientId] = ['u'.repeat(128), unique('long')];
    const email = `${'e'.repeat(64)}@${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.test`;
    const account = {
      username,
      password: 'a password of the test',
      name: 'N'.repeat(128),
      email,
      tenant_id: randomUUID(),
      roles: ['user'],
    };
    const fields = {
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      grant_types: ['authorization_code'],
      scopes: ['openid', 'email'],
    };
    const client = { client_id: clientId, name: 'C'.repeat(128), redirect_uris: ['http://127.0.0.1/callback'], ...fields };
    expect((await identity.admin('/admin/v1/accounts', { method: 'POST', body: account })).status).toBe(201);
    expect((await identity.admin('/admin/v1/clients', { method: 'POST', body: client })).status).toBe(201);
    const fits = async (name: string) => expect(await sideways(page), name).toBe(0);

    await page.goto(authorization({ client_id: clientId, scope: 'openid email' }));
    await fits('log-in');
    await page.getByLabel('User name').fill(username);
    await page.getByLabel('Password').fill(account.password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByRole('heading', { name: 'Allow access?' }).waitFor();
    await fits('consent');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(/127\.0\.0\.1/);
    await page.goto(`${ISSUER}/account`);
    await page.getByText(email).waitFor();
    await fits('account');
    await page.getByRole('button', { name: 'Take back' }).click();
    await page.getByRole('status').waitFor();
    await fits('account, after a change');
  });

  it('tells axe from a page that is not for everybody', async () => {
    await using visitor = await visitIdentity();
    const { page, authorization } = visitor;
    await page.goto(authorization());
    await page.evaluate(`document.querySelector('label[for=password]').remove()`);
    expect(await findings(page)).toEqual([expect.stringMatching(/^label #password: /)]);
  });
});
