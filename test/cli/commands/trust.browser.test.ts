import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumAt, missingBrowser } from '#test/support/chromium.ts';
import { cli, demoPlace } from '#test/support/cli.ts';
import { execute } from '#test/support/swagger-page.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const missing = await missingBrowser();
if (missing !== null) process.stderr.write(`passthru trust is not tested in a browser: ${missing}\n`);

/** Shown when a network of the machine came or went, as containers have it: says nothing of the page. */
const DROPPED = 'net::ERR_NETWORK_CHANGED';

/** The status with which a page is answered in a new Chromium, or the error that it shows. */
const opened = async (home: string, url: string): Promise<number | string> => {
  await using chromium = await chromiumAt(home);
  const page = await chromium.browser.newPage();
  // The page is waited for before the browser is closed.
  const shown = await page.goto(url).then(
    (response) => response?.status() ?? 'no answer',
    (error: Error) => /net::\w+/.exec(error.message)?.[0] ?? error.message,
  );
  return shown === DROPPED ? opened(home, url) : shown;
};

/** Where an app sends a browser to log somebody in. */
const logInAt = async (page: Page, issuer: string): Promise<string> => {
  await page.goto(`${issuer}/.well-known/openid-configuration`);
  const found = JSON.parse(await page.locator('body').innerText()) as { authorization_endpoint: string };
  const address = new URL(found.authorization_endpoint);
  address.search = new URLSearchParams({
    client_id: 'demo-public-client',
    response_type: 'code',
    redirect_uri: 'http://127.0.0.1/callback',
    scope: 'openid profile',
    state: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  return address.href;
};

/** The address of an app to which a click leads; the test answers there in its place. */
const ledTo = async (page: Page, act: () => Promise<void>): Promise<URL> => {
  const app = 'http://127.0.0.1/**';
  await page.route(app, (route) => route.fulfill({ body: 'logged in' }));
  await act();
  await page.waitForURL(app);
  return new URL(page.url());
};

/** Executes an operation as it is filled in. @returns the status, and the scheme of the credential that was sent */
const executeOf = async (page: Page, operationId: string): Promise<readonly [status: string, scheme: string]> => {
  const block = page.locator(`[id$=-${operationId}]`);
  if ((await block.getAttribute('class'))?.includes('is-open') !== true) await block.locator('.opblock-summary-control').click();
  const sent = page.waitForRequest((request) => request.url().endsWith(`/${operationId}`));
  const status = await execute(block);
  const { authorization = '' } = await (await sent).allHeaders();
  return [status, authorization.split(' ')[0] ?? ''];
};

/** Pages that a busy machine draws slowly. */
const LONG = 300_000;

describe.runIf(missing === null)('The pages of a demo in Chromium', () => {
  it('open without a warning after `trust --install`, and with one before it and after `untrust`', async () => {
    await using place = await demoPlace();
    await using home = await temporaryDirectory();
    const demo = await place.run('demo', 'kms');
    expect([demo.code, demo.stderr]).toEqual([0, expect.anything()]);
    const here = { cwd: place.folder, env: { HOME: home.path, XDG_STATE_HOME: join(home.path, 'state') } };
    const page = `https://localhost:${place.ports.kms}/ui/swagger/`;
    const refused = 'net::ERR_CERT_AUTHORITY_INVALID';

    expect(await opened(home.path, page)).toBe(refused);
    const installed = await cli(['trust', '--install', '--store', 'nss', ...place.flags], here);
    expect([installed.code, installed.stderr]).toEqual([0, '']);
    expect(await opened(home.path, page)).toBe(200);
    expect(await opened(home.path, `https://127.0.0.1:${place.ports.identity}/`)).toBe(200);
    const taken = await cli(['untrust', ...place.flags], here);
    expect([taken.code, taken.stderr]).toEqual([0, '']);
    expect(await opened(home.path, page)).toBe(refused);
  });

  it(
    'lead from the addresses that the demo prints to a log-in of an app, and of the Swagger UI, without a warning',
    async () => {
      await using place = await demoPlace();
      await using home = await temporaryDirectory();
      expect(await place.run('demo', 'all')).toMatchObject({ code: 0 });
      const here = { cwd: place.folder, env: { HOME: home.path, XDG_STATE_HOME: join(home.path, 'state') } };
      expect(await cli(['trust', '--install', '--store', 'nss', ...place.flags], here)).toMatchObject({ code: 0 });

      await using chromium = await chromiumAt(home.path);
      const page = await chromium.browser.newPage();
      const [kms, identity] = [`https://localhost:${place.ports.kms}`, `https://localhost:${place.ports.identity}`];
      for (const start of [kms, identity]) {
        await page.goto(`${start}/`);
        const links = await page.locator('main a').evaluateAll((all) => all.map((link) => (link as unknown as { href: string }).href));
        expect(links.length).toBeGreaterThan(2);
        for (const link of links) expect([link, (await page.goto(link))?.status()]).toEqual([link, 200]);
      }

      await page.goto(await logInAt(page, identity));
      await page.getByLabel('User name').fill('demo-user');
      await page.getByLabel('Password').fill('demo-user-password');
      await page.getByRole('button', { name: 'Log in' }).click();
      const back = await ledTo(page, () => page.getByRole('button', { name: 'Allow' }).click());
      expect([back.pathname, back.searchParams.has('code')]).toEqual(['/callback', true]);

      await page.goto(`${kms}/`);
      await page.getByRole('link', { name: 'Swagger UI' }).click();
      await page.locator('.opblock').first().waitFor();
      // Identity knows this browser by now, and asks for consent alone.
      await page.getByRole('button', { name: 'Log in at Identity' }).click();
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.locator('.opblock').first().waitFor();
      await expect.poll(() => page.locator('#logged-in').innerText()).toMatch(/^Logged in until /);
      expect(await executeOf(page, 'encrypt')).toEqual(['200', 'Bearer']);

      await page.getByRole('button', { name: 'demo-admin' }).click();
      expect(await executeOf(page, 'encrypt')).toEqual(['200', 'Basic']);
    },
    LONG,
  );
});
