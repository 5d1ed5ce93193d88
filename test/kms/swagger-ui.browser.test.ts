import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { missingBrowser, startChromium } from '#test/support/chromium.ts';
import { kmsHouse, runKms } from '#test/kms/support/kms-server.ts';

const missing = await missingBrowser();
if (missing !== null) process.stderr.write(`Swagger UI is not tested in a browser: ${missing}\n`);

describe.runIf(missing === null)('Swagger UI in Chromium', () => {
  it('lists the demo keys by "Try it out" with demo credentials, under its policy', async () => {
    await using house = await kmsHouse();
    await using kms = await runKms(house);
    const ports = { 'localhost:8081': Number(new URL(kms.url).port) };
    await using chromium = await startChromium({ caFile: join(house.folder, 'tls', 'ca.pem'), ports });
    const page = await chromium.browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    page.on('pageerror', (error) => void complaints.push(error.message));

    await page.goto('https://localhost:8081/ui/swagger/');
    await page.locator('.btn.authorize').click();
    const basic = page.locator('.modal-ux .auth-container').nth(1);
    await basic.locator('input[type=text]').fill('demo-user');
    await basic.locator('input[type=password]').fill('demo-user-password');
    await basic.locator('button.authorize').click();
    await page.locator('.modal-ux .btn-done').first().click();

    const operation = page.locator('[id$=listElasticKeys]').first();
    await operation.locator('button').first().click();
    await operation.locator('.try-out__btn').click();
    await operation.locator('button.execute').click();
    const answer = operation.locator('.live-responses-table');
    await answer.waitFor();
    expect(await answer.innerText()).toMatch(/200[\s\S]*demo-encryption-key/);
    expect(complaints).toEqual([]);
  });
});
