import * as oidc from 'openid-client';
import { describe, expect, it } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { factorsWorld, PASSWORD } from '#test/identity/support/second-factors.ts';
import { addAuthenticator } from '#test/support/authenticator.ts';
import { missingBrowser, startChromium } from '#test/support/chromium.ts';
import { ISSUER } from '#test/support/identity.ts';

const missing = await missingBrowser();
if (missing !== null) process.stderr.write(`passkeys are not tested in a browser: ${missing}\n`);

describe.skipIf(missing !== null)('A passkey in a browser', () => {
  it('is added at the account page, proves the next log-in there and at a client, and breaks no policy', async () => {
    await using world = await factorsWorld('sqlite');
    const { identity } = world;
    await using chromium = await startChromium({ caFile: identity.tls.caFile, ports: { 'localhost:8082': identity.port } });
    const { username } = await world.person();
    const context = await chromium.browser.newContext();
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await addAuthenticator(page);
    const logIn = async () => {
      await page.getByLabel('User name').fill(username);
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Log in' }).click();
    };

    await page.goto(`${ISSUER}/account`);
    await logIn();
    await page.getByRole('link', { name: 'Add a passkey' }).click();
    await page.getByLabel('Its name, for you').fill('my key');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('heading', { name: 'Recovery codes' }).waitFor();
    await page.goto(`${ISSUER}/account`);
    await page.getByText('Passkey my key').waitFor();

    await page.getByRole('button', { name: 'Log out' }).click();
    await page.goto(`${ISSUER}/account`);
    await logIn();
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByText('Passkey my key').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();

    const client = await oidc.discovery(new URL(ISSUER), 'demo-public-client', undefined, oidc.None(), {
      [oidc.customFetch]: identity.fetch as oidc.CustomFetch,
    });
    const verifier = oidc.randomPKCECodeVerifier();
    const asked = {
      redirect_uri: 'http://127.0.0.1:43119/callback',
      scope: 'openid kms:read',
      resource: KMS_RESOURCE,
      acr_values: 'phr',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    await page.goto(oidc.buildAuthorizationUrl(client, asked).href);
    await logIn();
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    const [called] = await Promise.all([
      page.waitForRequest((request) => request.url().startsWith(asked.redirect_uri)),
      page.getByRole('button', { name: 'Allow' }).click(),
    ]);
    const tokens = await oidc.authorizationCodeGrant(client, new URL(called.url()), { pkceCodeVerifier: verifier, idTokenExpected: true });
    expect(tokens.claims()).toMatchObject({ acr: 'phr', amr: ['pwd', expect.stringMatching(/^[hs]wk$/), 'mfa'] });
    expect(complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
  });
});
