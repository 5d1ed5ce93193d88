import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { randomUUIDv7 } from 'node:crypto';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingBrowser, RETRY_ON_NEW_NETWORK, startChromium } from '#test/support/chromium.ts';
import { execute } from '#test/support/swagger-page.ts';
import { ORIGIN } from '#test/kms/support/browser.ts';
import { type KmsAndIdentity, kmsAndIdentity } from '#test/kms/support/kms-and-identity.ts';

const missing = await missingBrowser();
if (missing !== null) process.stderr.write(`the pages of the KMS are not tested in a browser: ${missing}\n`);

/** Where to keep pictures of the pages, for somebody to look at. */
const SCREENSHOTS = process.env['PASSTHRU_TEST_SCREENSHOTS'];
const picture = async (page: Page, name: string): Promise<void> => {
  if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
};

const USER = 'demo-tenant-admin';

describe.skipIf(missing !== null)('The pages of the KMS in Chromium', { retry: RETRY_ON_NEW_NETWORK }, () => {
  let both: KmsAndIdentity;
  let chromium: Awaited<ReturnType<typeof startChromium>>;
  beforeAll(async () => {
    both = await kmsAndIdentity();
    chromium = await startChromium({
      caFile: join(both.house.folder, 'tls', 'ca.pem'),
      otherCaFile: both.identity.tls.caFile,
      ports: { 'localhost:8081': Number(new URL(both.kms.url).port), 'localhost:8082': both.identity.port },
    });
  });
  afterAll(async () => {
    await chromium?.[Symbol.asyncDispose]();
    await both?.[Symbol.asyncDispose]();
  });

  /** A person with a browser of his own, in which nothing is remembered. */
  const person = async (context: BrowserContextOptions = {}) => {
    const opened = await chromium.browser.newContext(context);
    const page = await opened.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    return { page, complaints, [Symbol.asyncDispose]: () => opened.close() };
  };
  const logIn = async (page: Page): Promise<void> => {
    await page.goto(`${ORIGIN}/ui/log-in`);
    await page.getByLabel('User name').fill(USER);
    await page.getByLabel('Password').fill(`${USER}-password`);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor();
  };

  it('lead through a log-in at Identity, the life of a key and a log-out at both, without script and by keyboard', async () => {
    await using somebody = await person({ javaScriptEnabled: false });
    const { page, complaints } = somebody;
    await page.goto(`${ORIGIN}/ui/`);
    expect(await page.title()).toBe('Log in · passthru KMS');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(new URL(page.url()).host).toBe('localhost:8082');
    await page.getByLabel('User name').fill(USER);
    await page.getByLabel('Password').fill(`${USER}-password`);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Keys', exact: true }).waitFor();
    expect(page.url()).toBe(`${ORIGIN}/ui/`);
    expect(await page.locator('header').innerText()).toContain(`Logged in as ${USER}, tenant demo`);

    const name = `key-${randomUUIDv7()}`;
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Algorithm').selectOption('A256GCM/A256KW');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name }).waitFor();
    await page.getByLabel('Text to encrypt').fill('Grüße, <b>&');
    await page.getByRole('button', { name: 'Encrypt' }).click();
    const ciphertext = await page.getByRole('status').getByRole('textbox').inputValue();
    expect(ciphertext).toMatch(/^eyJ/);
    await page.getByRole('button', { name: 'Rotate' }).click();
    await page.getByLabel('Ciphertext to decrypt').fill(ciphertext);
    await page.getByRole('button', { name: 'Decrypt' }).click();
    expect(await page.getByRole('status').getByRole('textbox').inputValue()).toBe('Grüße, <b>&');
    await page.getByRole('button', { name: 'Suspend' }).click();
    await page.getByRole('button', { name: 'Activate' }).waitFor();
    expect(await page.getByLabel('Text to encrypt').count()).toBe(0);

    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log out?' }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'You are logged out' }).waitFor();
    expect(page.url()).toContain(`${ORIGIN}/ui/logged-out`);
    await page.goto(`${ORIGIN}/ui/`);
    expect(await page.title()).toBe('Log in · passthru KMS');
    expect(complaints).toEqual([]);
  });

  it('give their session to the Swagger UI, whose operations work without another log-in', async () => {
    await using somebody = await person();
    const { page, complaints } = somebody;
    await logIn(page);
    await page.getByRole('link', { name: 'Swagger UI' }).click();
    await page.locator('.opblock').first().waitFor();
    expect(await page.locator('#session').innerText()).toContain(USER);
    for (const [id, status] of [
      ['listElasticKeys', '200'],
      ['encrypt', '200'],
    ] as const) {
      const block = page.locator(`[id$=-${id}]`);
      await block.locator('.opblock-summary-control').click();
      expect([id, await execute(block)]).toEqual([id, status]);
      await block.locator('.opblock-summary-control').click();
    }
    await picture(page, 'kms-swagger-session');
    expect(complaints).toEqual([]);
  });

  it('are of no use to a page of somebody else in the same browser', async () => {
    await using somebody = await person();
    const { page } = somebody;
    await logIn(page);
    const [key] = await page.locator('tbody a').all();
    const path = (await key?.getAttribute('href')) ?? '';
    const evil = createServer((_request, response) => {
      response
        .setHeader('content-type', 'text/html')
        .end(
          `<title>evil</title><form method="post" action="${ORIGIN}${path}/suspend"><input name="_csrf" value="x"><button>Win</button></form>`,
        );
    });
    evil.listen(0, '127.0.0.1');
    await once(evil, 'listening');
    try {
      await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
      const read = await page.evaluate(
        async (url) =>
          fetch(url, { credentials: 'include' }).then(
            () => 'read',
            () => 'refused',
          ),
        `${ORIGIN}/browser/api/v1/session`,
      );
      expect(read).toBe('refused');
      await page.getByRole('button', { name: 'Win' }).click();
      await page.getByRole('heading').first().waitFor();
      await page.goto(`${ORIGIN}${path}`);
      expect(await page.locator('dl').innerText()).toContain('active');
    } finally {
      evil.close();
    }
  });

  it.each([390, 1_280])('fit into %i pixels, in light and in dark colours', async (width) => {
    await using somebody = await person({ viewport: { width, height: 844 } });
    const { page, complaints } = somebody;
    const fits = async (name: string): Promise<void> => {
      // Elements are there before the style sheet is: a ciphertext without it is one long line.
      await page.waitForLoadState('load');
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await picture(page, `kms-${name}-${width}-${colorScheme}`);
      }
      expect([name, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([name, width]);
    };
    await page.goto(`${ORIGIN}/ui/log-in`);
    await fits('log-in');
    await logIn(page);
    await fits('keys');
    await page.getByRole('link', { name: 'demo-encryption-key' }).click();
    await page.getByLabel('Text to encrypt').fill('a line of text');
    await page.getByRole('button', { name: 'Encrypt' }).click();
    await page.getByRole('status').waitFor();
    await fits('key');
    await page.goto(`${ORIGIN}/ui/callback`);
    await fits('error');
    expect(complaints.filter((each) => !each.includes('400'))).toEqual([]);
  });
});
