import type { HttpsResponse } from '#infra/http/client.ts';
import { parseForms } from '#client/browser/forms.ts';
import { createCookieJar } from '#client/session/cookie-jar.ts';
import type { KmsConfig } from '#kms/config.ts';
import type { RunningKms } from './kms-server.ts';

/** The origin that the configuration names; the server listens on a port that the system chose. */
export const ORIGIN = 'https://localhost:8081';
export const BROWSER_KEYS = '/browser/api/v1/elastic-keys';
export const SESSION = '/browser/api/v1/session';

/** For `change` of a house: a KMS with a browser API. */
export const withBrowser =
  (more: Partial<NonNullable<KmsConfig['server']['browser']>> = {}) =>
  (config: KmsConfig): void => {
    config.server.browser = {
      origin: ORIGIN,
      idle_seconds: 1_800,
      absolute_seconds: 28_800,
      recheck_seconds: 30,
      sessions_per_user: 10,
      ...more,
    };
  };

/** What a browser says with a request of a page of ours. */
export const OWN = { origin: ORIGIN, 'sec-fetch-site': 'same-origin' };

/** A browser without a screen: it keeps cookies, follows no redirect, and speaks to whichever replica it is told to. */
export const browserAt = (first: RunningKms) => {
  const jar = createCookieJar();
  const url = new URL(ORIGIN);
  let at = first;
  const send = async (
    path: string,
    request: {
      readonly method?: string;
      readonly body?: Record<string, unknown>;
      readonly form?: Record<string, string>;
      readonly headers?: Record<string, string>;
    } = {},
  ): Promise<HttpsResponse> => {
    const cookie = jar.header(url);
    const answer = await at.send(path, { ...request, headers: { ...(cookie === null ? {} : { cookie }), ...request.headers } });
    jar.store(url, answer.setCookies);
    return answer;
  };
  const browser = {
    send,
    /** From now on it speaks to this one. */
    goTo: (other: RunningKms) => void (at = other),
    /** The Cookie header of its next request. */
    cookies: (): string => jar.header(url) ?? '',
    store: (cookie: string) => jar.store(url, [`${cookie}; Path=/; Secure`]),
    /** The fields of the form on a page whose action is this. */
    fieldsOf: (page: HttpsResponse, action: string): Record<string, string> => {
      const form = parseForms(page.text).find((each) => each.action === action);
      if (form === undefined) throw new Error(`no form to ${action} on a page with status ${page.status}: ${page.text}`);
      return { ...form.fields };
    },
    submit: (path: string, form: Record<string, string>, headers: Record<string, string> = OWN) =>
      send(path, { method: 'POST', form, headers }),
    logIn: async (username: string, { password = `${username}-password`, returnTo = '/ui/' } = {}): Promise<HttpsResponse> => {
      const page = await send(`/ui/log-in?${new URLSearchParams({ return_to: returnTo }).toString()}`);
      return browser.submit('/ui/log-in', { ...browser.fieldsOf(page, '/ui/log-in'), username, password });
    },
    csrfToken: async (): Promise<string> => (await send(SESSION)).json<{ csrf_token: string }>().csrf_token,
    /** A change by the browser API, with all that belongs to it. */
    change: async (method: string, path: string, body?: Record<string, unknown>, headers: Record<string, string> = {}) =>
      send(path, { method, ...(body && { body }), headers: { ...OWN, 'x-csrf-token': await browser.csrfToken(), ...headers } }),
  };
  return browser;
};

export type TestBrowser = ReturnType<typeof browserAt>;
