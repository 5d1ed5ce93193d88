import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { missingBrowser, RETRY_ON_NEW_NETWORK, startChromium } from '#test/support/chromium.ts';
import { execute, executeAll, executeSome } from '#test/support/swagger-page.ts';
import { type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const missing = await missingBrowser();
if (missing !== null) process.stderr.write(`Swagger UI is not tested in a browser: ${missing}\n`);

/** All operations of a page that a busy machine draws slowly. */
const LONG = 600_000;
/** One drawing of it, on a machine that is busy with other things: it draws more than a hundred operations anew at each answer. */
const SLOW_MS = 120_000;

const open = async (house: KmsHouse, kms: RunningKms) => {
  const ports = { 'localhost:8081': Number(new URL(kms.url).port) };
  const chromium = await startChromium({ caFile: join(house.folder, 'tls', 'ca.pem'), ports });
  const page = await chromium.browser.newPage();
  page.setDefaultTimeout(SLOW_MS);
  const complaints: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  page.on('pageerror', (error) => void complaints.push(error.message));
  await page.goto('https://localhost:8081/ui/swagger/');
  await page.locator('.opblock').first().waitFor();
  return { page, complaints, [Symbol.asyncDispose]: () => chromium[Symbol.asyncDispose]() };
};

const failed = (answers: readonly string[]): readonly string[] => answers.filter((answer) => !answer.startsWith('2'));

describe.runIf(missing === null)('Swagger UI in Chromium', { retry: RETRY_ON_NEW_NETWORK }, () => {
  it(
    'succeeds at every operation by Execute as it is filled in, after one click that logs in, and at those of changed keys after a reload',
    async () => {
      await using house = await kmsHouse();
      await using kms = await runKms(house);
      await using opened = await open(house, kms);
      const { page, complaints } = opened;

      expect(await page.title()).toBe('passthru KMS: API');
      const account = page.getByRole('button', { name: 'demo-admin' });
      await account.click();
      await expect.poll(() => account.getAttribute('aria-pressed')).toBe('true');
      const { paths } = (await kms.send('/openapi.json')).json<{ readonly paths: Readonly<Record<string, object>> }>();
      const answers = await executeAll(page);
      expect(answers).toHaveLength(Object.values(paths).flatMap(Object.keys).length);
      expect(failed(answers)).toEqual([]);

      // A key is suspended by now, another has a second version; the log-in lasts. Each operation, again: test/kms/api-examples.test.ts
      await page.reload();
      await page.locator('.opblock').first().waitFor();
      await expect.poll(() => account.getAttribute('aria-pressed')).toBe('true');
      expect(failed(await executeSome(page, ['decrypt', 'verify', 'changeElasticKey', 'rotateElasticKey']))).toEqual([]);

      const change = page.locator('[id$=changeElasticKey]');
      await change.locator('.opblock-summary-control').click();
      await change.locator('select.examples-select-element').first().selectOption('resume');
      await execute(change);
      await expect.poll(() => change.locator('.live-responses-table').innerText()).toContain('"state": "active"');
      expect(complaints).toEqual([]);
    },
    LONG,
  );

  it('tells in its dialog which accounts there are, and asks for none at the operations for health', async () => {
    await using house = await kmsHouse();
    await using kms = await runKms(house);
    await using opened = await open(house, kms);
    const { page, complaints } = opened;
    const locks = async (path: string) => page.locator('.opblock', { hasText: path }).first().locator('.authorization__btn').count();
    expect([await locks('/livez'), await locks('/readyz'), await locks('/algorithms')]).toEqual([0, 0, 1]);

    await page.locator('.btn.authorize').click();
    const dialog = page.locator('.modal-ux');
    expect(await dialog.innerText()).toMatch(/demo-user\s+demo-user-password\s+user/);
    const basic = dialog.locator('.auth-container').nth(1);
    await basic.locator('input[type=text]').fill('demo-user');
    await basic.locator('input[type=password]').fill('demo-user-password');
    await basic.locator('button.authorize').click();
    await dialog.locator('.btn-done').first().click();
    await expect.poll(() => page.getByRole('button', { name: 'demo-user' }).getAttribute('aria-pressed')).toBe('true');

    const list = page.locator('[id$=listElasticKeys]');
    await list.locator('.opblock-summary-control').click();
    expect(await execute(list)).toBe('200');
    expect(await list.locator('.live-responses-table').innerText()).toContain('demo-encryption-key');
    expect(complaints).toEqual([]);
  });

  it('offers no account and keeps no password where the demo does not run', async () => {
    await using house = await kmsHouse();
    await using kms = await runKms(house, { demo: false });
    await using opened = await open(house, kms);
    const { page, complaints } = opened;
    expect(await page.locator('.log-in').count()).toBe(0);
    await page.locator('.btn.authorize').click();
    const basic = page.locator('.modal-ux .auth-container').nth(1);
    await basic.locator('input[type=text]').fill('somebody');
    await basic.locator('input[type=password]').fill('a password of somebody');
    await basic.locator('button.authorize').click();
    expect(await page.evaluate('JSON.stringify(localStorage)')).toBe('{}');
    expect(complaints).toEqual([]);
  });
});
