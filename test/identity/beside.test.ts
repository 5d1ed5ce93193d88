import { describe, expect, it } from 'vitest';
import { asksForPassword, type Walk, walk } from '#client/browser/walk.ts';
import { authorizationRequest } from '#client/identity/authorization-request.ts';
import { createSession } from '#client/session/session.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { startTestIdentity, type TestIdentity } from '#test/support/identity.ts';

const [ONE, OTHER] = ['https://localhost:18101', 'https://localhost:18121'];

/** Requests to each issuer reach its server; the session above them keeps the cookies of one browser, which knows no ports. */
const clientOf = (servers: Readonly<Record<string, TestIdentity>>): Pick<HttpsClient, 'request'> => ({
  request: async ({ url, method = 'GET', headers = {}, form }) => {
    const server = servers[new URL(url).origin];
    if (server === undefined) throw new TypeError(`nobody serves ${String(url)}`);
    const body = form === undefined ? {} : { body: new URLSearchParams(form) };
    const response = await server.fetch(url, { method, headers, redirect: 'manual', ...body });
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      setCookies: response.headers.getSetCookie(),
      text,
      json: () => JSON.parse(text) as never,
    };
  },
});

describe('Two stacks beside each other on one machine', () => {
  it('leave each other their sessions in one browser', async () => {
    await using one = await startTestIdentity({ overlay: { issuer: ONE } as never });
    await using other = await startTestIdentity({ overlay: { issuer: OTHER } as never });
    const session = createSession({ client: clientOf({ [ONE]: one, [OTHER]: other }) });
    const redirectUri = 'http://127.0.0.1:43117/callback';
    const authorize = (issuer: string, account?: { username: string; password: string }): Promise<Walk> => {
      const wanted = { clientId: 'demo-public-client', redirectUri, scope: 'openid profile' };
      const { url } = authorizationRequest(`${issuer}/oauth2/authorize`, wanted);
      return walk({ session, url, redirectUri, ...(account === undefined ? {} : { account }) });
    };
    const demoUser = { username: 'demo-user', password: 'demo-user-password' };

    expect((await authorize(ONE, demoUser)).callback).not.toBeNull();
    expect(asksForPassword(await authorize(OTHER))).toBe(true);
    expect((await authorize(OTHER, demoUser)).callback).not.toBeNull();

    for (const issuer of [ONE, OTHER]) {
      const again = await authorize(issuer);
      expect([asksForPassword(again), again.callback?.searchParams.get('iss')]).toEqual([false, issuer]);
    }
  });
});
