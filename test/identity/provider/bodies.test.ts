import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aServiceClient, type TestProvider } from '#test/identity/support/identity-provider.ts';

/** Everything that the server writes on one connection until it closes it. */
const sendRaw = (provider: TestProvider, text: string): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', port: provider.port, ca: provider.ca }, () => socket.write(text));
  let answer = '';
  socket.setEncoding('utf8').on('data', (part) => (answer += part));
  socket.on('error', reject).on('close', () => resolve(answer));
  return promise;
};

describe('the bodies of requests to the provider', () => {
  test('a body that is too long is refused, and the connection does not wait for the rest of it', async () => {
    await using provider = await providerOn('sqlite');
    const head = 'POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n';
    const body = `grant_type=${'a'.repeat(2_000_000)}`;
    const next = 'GET /.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const counted = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    for (const request of [chunked, counted]) {
      const answer = await sendRaw(provider, request + next);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('"error":"invalid_request"');
    }
  });

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
