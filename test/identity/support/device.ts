import type { HttpsResponse } from '#infra/http/client.ts';
import type { AccountClaims } from '#identity/accounts/account.ts';
import { type ClientRecord, DEVICE_GRANT } from '#identity/clients/client.ts';
import type { Browser } from './browser.ts';
import { aClient, ISSUER, type TestProvider } from './identity-provider.ts';

/** A command or a device without a browser. */
export const aDevice = (change: Partial<ClientRecord> = {}): ClientRecord =>
  aClient({ grantTypes: [DEVICE_GRANT, 'refresh_token'], redirectUris: [], postLogoutRedirectUris: [], ...change });

export interface DeviceCodes {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly expires_in: number;
  readonly interval: number;
}

const SCOPE = 'openid profile offline_access kms:read kms:crypto';

export const askForCodes = (provider: TestProvider, client: ClientRecord, form: Readonly<Record<string, string>> = { scope: SCOPE }) =>
  provider.post('/oauth2/device_authorization', form, client);

export const codesOf = async (provider: TestProvider, client: ClientRecord): Promise<DeviceCodes> =>
  (await askForCodes(provider, client)).json<DeviceCodes>();

/** The device asks once whether its person has decided. */
export const poll = (provider: TestProvider, client: ClientRecord, code: string): Promise<HttpsResponse> =>
  provider.post('/oauth2/token', { grant_type: DEVICE_GRANT, device_code: code }, client);

export const errorOf = (response: HttpsResponse): string => response.json<{ error?: string }>().error ?? String(response.status);

const tokenOn = (page: HttpsResponse): string => /name="xsrf" value="([0-9a-f]+)"/.exec(page.text)?.[1] ?? 'none';

/** Posts the form of a page of the device flow. */
export const submitCode = async (browser: Browser, form: Readonly<Record<string, string>>): Promise<HttpsResponse> => {
  const page = await browser.request({ url: `${ISSUER}/device` });
  return browser.request({ method: 'POST', url: `${ISSUER}/device`, form: { xsrf: tokenOn(page), ...form } });
};

/** The person enters the code and presses a button of the page on which it is compared. */
export const compareCode = async (
  browser: Browser,
  userCode: string,
  button: 'continue' | 'refuse' = 'continue',
): Promise<HttpsResponse> => {
  const page = await submitCode(browser, { user_code: userCode });
  const form = { xsrf: tokenOn(page), user_code: userCode, confirm: 'yes', ...(button === 'refuse' ? { abort: 'yes' } : {}) };
  return browser.request({ method: 'POST', url: `${ISSUER}/device`, form });
};

/** The person goes all the way, to the last page. */
export const connect = async (
  provider: TestProvider,
  userCode: string,
  account: AccountClaims,
  options: { readonly browser?: Browser; readonly answer?: 'allow' | 'deny' } = {},
): Promise<HttpsResponse> => {
  const { browser = provider.browser(), answer = 'allow' } = options;
  const compared = await compareCode(browser, userCode);
  if (compared.headers.location === undefined) throw new Error(`the code leads nowhere: ${compared.status} ${compared.text}`);
  return (await provider.follow(browser, compared, account, answer)).last;
};
