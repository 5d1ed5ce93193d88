import type { HttpsResponse } from '#infra/http/client.ts';
import type { Browser } from './browser.ts';
import { ISSUER } from './identity-provider.ts';

/** Asks for a log-out with these parameters, and confirms it on the page. @returns the answer that leaves the page */
export const logOut = async (browser: Browser, params: Readonly<Record<string, string>> = {}): Promise<HttpsResponse> => {
  const page = await browser.request({ url: `${ISSUER}/oidc/logout?${new URLSearchParams(params).toString()}` });
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  return browser.request({ method: 'POST', url: `${ISSUER}/oidc/logout/confirm`, form: { xsrf, logout: 'yes' } });
};
