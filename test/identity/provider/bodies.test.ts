import { describe, expect, test } from 'vitest';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aServiceClient } from '#test/identity/support/identity-provider.ts';

describe('the bodies of requests to the provider', () => {
  test.each(['/oidc/userinfo', '/.well-known/jwks.json', '/oauth2/token'])(
    '%s answers a method that it does not take in JSON',
    async (path) => {
      await using provider = await providerOn('sqlite');
      const answer = await provider.send({ method: 'OPTIONS', url: `https://localhost${path}` });
      expect(answer.status).toBe(404);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.json()).toMatchObject({ status: 404, code: 'route-not-found' });
    },
  );

  test('odd forms get an OAuth error, never a server error', async () => {
    await using provider = await providerOn('sqlite');
    const client = aServiceClient();
    provider.register(client);
    for (const odd of ['\u0000', '%00', '__proto__', '💥', '\r\nset-cookie: x=1', 'A'.repeat(50_000)]) {
      for (const [path, form] of [
        ['/oauth2/token', { grant_type: odd }],
        ['/oauth2/token', { grant_type: 'client_credentials', scope: odd }],
        ['/oauth2/token', { grant_type: 'client_credentials', resource: odd }],
        ['/oauth2/token', { grant_type: 'refresh_token', refresh_token: odd }],
      ] as const) {
        const answer = await provider.post(path, form, client);
        expect(answer.status, `${path} ${JSON.stringify(form).slice(0, 80)}`).toBe(400);
        expect(answer.json()).toMatchObject({ error: expect.stringMatching(/^[a-z_]+$/) as string });
      }
    }
    expect(provider.logged).toEqual([]);
  });
});
