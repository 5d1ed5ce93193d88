import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { addAuthenticator } from './authenticator.ts';
import { startChromium } from './chromium.ts';
import { ISSUER, startTestIdentity, type TestIdentity, unique } from './identity.ts';
import { listening } from './listening.ts';

/** A browser at an Identity with the demo, whose application waits on a loopback port. */
export interface Visitor extends AsyncDisposable {
  readonly identity: TestIdentity;
  readonly page: Page;
  /** An authorization request of the demo's application. */
  readonly authorization: (change?: Readonly<Record<string, string>>) => string;
  /** Words that the browser itself says of pages: policies that were broken, errors of scripts. */
  readonly complaints: readonly string[];
}

export const visitIdentity = async (context: BrowserContextOptions = {}): Promise<Visitor> => {
  await using opened = new AsyncDisposableStack();
  const identity = opened.use(await startTestIdentity());
  const application = opened.use(
    await listening(createServer((_request, response) => void response.setHeader('content-type', 'text/html').end('<title>app</title>'))),
  );
  const { browser } = opened.use(await startChromium({ caFile: identity.tls.caFile, ports: { 'localhost:8082': identity.port } }));
  const page = await (await browser.newContext(context)).newPage();
  const complaints: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  page.on('pageerror', (error) => void complaints.push(error.message));
  const authorization = (change: Readonly<Record<string, string>> = {}): string => {
    const url = new URL(`${ISSUER}/oauth2/authorize`);
    url.search = new URLSearchParams({
      client_id: 'demo-public-client',
      response_type: 'code',
      redirect_uri: `http://127.0.0.1:${application.port}/callback`,
      scope: 'openid profile offline_access kms:read kms:crypto',
      state: unique('state'),
      code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url'),
      ...change,
    }).toString();
    return url.href;
  };
  const resources = opened.move();
  return { identity, page, authorization, complaints, [Symbol.asyncDispose]: () => resources.disposeAsync() };
};

const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
const heading = (page: Page, name: string): Promise<void> => page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();

const userCode = async ({ fetch }: TestIdentity): Promise<string> => {
  const form = { client_id: 'demo-device-client', scope: 'openid profile kms:read kms:crypto' };
  const answer = await fetch(`${ISSUER}/oauth2/device_authorization`, { method: 'POST', body: new URLSearchParams(form) });
  return ((await answer.json()) as { readonly user_code: string }).user_code;
};

/**
 * Goes by every page that a person meets, and shows each when it stands.
 *
 * @param show gets a name for the page, which the browser is on then
 */
export const walkPages = async ({ page, identity, authorization }: Visitor, show: (name: string) => Promise<void>): Promise<void> => {
  const shown = async (title: string, name: string): Promise<void> => {
    await heading(page, title);
    // Elements are there before the style sheet is.
    await page.waitForLoadState('load');
    await show(name);
  };
  await page.goto(`${ISSUER}/`);
  await shown('passthru Identity', 'start');
  await page.goto(authorization());
  await shown('Log in', 'log-in');
  await page.getByLabel('User name').fill('demo-user');
  await page.getByLabel('Password').fill('a wrong password');
  await press(page, 'Log in');
  await page.getByRole('alert').waitFor();
  await shown('Log in', 'log-in-again');
  await page.locator('button[value=demo-user]').click();
  await shown('Allow access?', 'consent');
  await page.goto(authorization({ client_id: 'nobody' }));
  await shown('This did not work', 'error');

  await page.goto(`${ISSUER}/device`);
  await shown('Connect a device', 'device');
  await page.getByLabel('Code').fill('BBBB-BBBB');
  await press(page, 'Continue');
  await page.getByRole('alert').waitFor();
  await shown('Connect a device', 'device-again');
  await page.getByLabel('Code').fill(await userCode(identity));
  await press(page, 'Continue');
  await shown('Compare the code', 'device-confirm');
  await press(page, 'Continue');
  await shown('Allow access?', 'device-consent');
  await press(page, 'Allow');
  await shown('Your device is connected', 'device-connected');
  await page.goto(`${ISSUER}/device?user_code=${await userCode(identity)}`);
  await press(page, 'Continue');
  await press(page, 'Refuse');
  await shown('You refused', 'device-refused');

  await page.goto(`${ISSUER}/account`);
  await shown('Your account', 'account');
  await page.getByRole('link', { name: 'Change the password' }).click();
  await shown('Change the password', 'password');
  await page.goto(`${ISSUER}/account`);
  await press(page, 'Add an app');
  await shown('Add an app for one-time codes', 'one-time-codes');
  await page.goto(`${ISSUER}/account`);
  await addAuthenticator(page);
  await page.getByRole('link', { name: 'Add a passkey' }).click();
  await shown('Add a passkey', 'add-passkey');
  await page.getByLabel('Its name, for you').fill('my key');
  await press(page, 'Add');
  await shown('Recovery codes', 'recovery-codes');
  await page.goto(`${ISSUER}/account`);
  await shown('Your account', 'account-with-passkey');

  await press(page, 'Log out');
  await page.goto(`${ISSUER}/account`);
  await shown('Log in', 'account-log-in');
  await page.getByLabel('User name').fill('demo-two-factor');
  await page.getByLabel('Password').fill('demo-two-factor-password');
  await press(page, 'Log in');
  await shown('Confirm that it is you', 'second-factor');
  await page.getByLabel('Code of your app').fill('a wrong code');
  await press(page, 'Continue');
  await page.getByRole('alert').waitFor();
  await shown('Confirm that it is you', 'second-factor-again');
  await press(page, 'Cancel');
  await page.goto(`${ISSUER}/account`);
  await page.locator('button[value=demo-user]').click();
  await shown('Confirm that it is you', 'second-factor-passkey');
  await press(page, 'Use a passkey');
  await heading(page, 'Your account');

  await page.goto(`${ISSUER}/oidc/logout`);
  await shown('Log out?', 'log-out');
  await press(page, 'Stay logged in');
  await shown('You are still logged in', 'still-logged-in');
  await page.goto(`${ISSUER}/oidc/logout`);
  await press(page, 'Log out');
  await shown('You are logged out', 'logged-out');

  // Pages that go on by a script, which is kept from it from here on.
  await page.addInitScript('HTMLFormElement.prototype.submit = () => {}');
  await page.goto(authorization({ response_mode: 'form_post' }));
  await page.locator('button[value=demo-admin]').click();
  await press(page, 'Not you? Log in with another account');
  await heading(page, 'Log in');
  await page.locator('button[value=demo-tenant-admin]').click();
  await shown('Change the account', 'change-account');
  await press(page, 'Continue');
  await heading(page, 'Allow access?');
  await press(page, 'Allow');
  await shown('Back to the application', 'form-post');
};
