import { describe, expect, it } from 'vitest';
import { callbackOf, walk } from '#client/browser/walk.ts';
import { type AnsweredRequest, createSession } from '#client/session/session.ts';
import type { HttpsRequest } from '#infra/http/client.ts';
import { unique } from '#test/support/demo-engine.ts';

const redirectUri = 'http://127.0.0.1:4000/callback';
const login = (action: string) =>
  `<title>Log in</title><form method="post" action="${action}"><input type="hidden" name="_csrf" value="c"><input name="username"><input type="password" name="password"><button name="decision" value="login"></button></form>`;
const consent = '<form method="post" action="/consent/1"><button name="decision" value="allow"></button></form>';

interface Page {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly setCookies?: readonly string[];
  readonly text?: string;
}

/** A session over answers by method and path. */
const site = (answer: (method: string, path: string, request: HttpsRequest) => Page) => {
  const answered: AnsweredRequest[] = [];
  const requests: HttpsRequest[] = [];
  const session = createSession({
    onRequest: (request) => void answered.push(request),
    client: {
      request: async (request) => {
        requests.push(request);
        const {
          status = 200,
          headers = {},
          setCookies = [],
          text = '',
        } = answer(request.method ?? 'GET', new URL(request.url).pathname, request);
        return { status, headers, setCookies, text, json: () => JSON.parse(text) as never };
      },
    },
  });
  return { session, answered, requests };
};
const to = (location: string): Page => ({ status: 303, headers: { location } });

const account = { username: unique('user'), password: unique('password') };
const start = 'https://identity.example/authorize?client_id=1';

const whole = () =>
  site((method, path) => {
    if (path === '/authorize') return { ...to('/login/1'), setCookies: ['flow=1; Path=/'] };
    if (path === '/login/1') return method === 'GET' ? { text: login('/login/1') } : to('/consent/1');
    return method === 'GET' ? { text: consent } : to(`${redirectUri}?code=abc`);
  });

describe('walk', () => {
  it('logs in, consents, and ends at the redirect to the client', async () => {
    const { session, requests } = whole();
    const walked = await walk({ session, url: start, redirectUri, account });
    expect(callbackOf(walked).href).toBe(`${redirectUri}?code=abc`);
    expect(walked.pages).toEqual(['login', 'consent']);
    expect(requests.find(({ method }) => method === 'POST')?.form).toEqual({ _csrf: 'c', decision: 'login', ...account });
  });

  it('carries cookies along, and tells each request without its query', async () => {
    const { session, requests, answered } = whole();
    await walk({ session, url: start, redirectUri, account });
    expect(requests.slice(1).every(({ headers }) => headers?.['cookie'] === 'flow=1')).toBe(true);
    expect(answered[0]).toMatchObject({ method: 'GET', url: 'https://identity.example/authorize', status: 303 });
  });

  it('types the password once: the login page again is the end', async () => {
    const { session } = site((_, path) => (path === '/authorize' ? to('/login/1') : { text: login('/login/1') }));
    const walked = await walk({ session, url: start, redirectUri, account });
    expect(walked.callback).toBeNull();
    expect(walked.pages).toEqual(['login']);
    expect(() => callbackOf(walked)).toThrow('Log in');
  });

  it('types nothing without an account', async () => {
    const { session, requests } = site((_, path) => (path === '/authorize' ? to('/login/1') : { text: login('/login/1') }));
    await walk({ session, url: start, redirectUri });
    expect(requests.every(({ method }) => method !== 'POST')).toBe(true);
  });

  it('gives up where redirects go round in circles', async () => {
    const { session } = site(() => to('/authorize'));
    await expect(walk({ session, url: start, redirectUri })).rejects.toMatchObject({ code: 'redirect-loop' });
  });

  it('does not take a page of another site for the client', async () => {
    const { session } = site((_, path) => (path === '/authorize' ? to('https://elsewhere.example/callback') : { status: 404 }));
    await expect(walk({ session, url: start, redirectUri })).resolves.toMatchObject({ callback: null, last: { status: 404 } });
  });
});
