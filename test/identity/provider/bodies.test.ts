import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, aServiceClient, type TestProvider } from '#test/identity/support/identity-provider.ts';

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
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer).toContain('"error":"invalid_request"');
    }
  });

  test.each([
    ['/oidc/userinfo', 'GET, HEAD, POST'],
    ['/.well-known/jwks.json', 'GET, HEAD'],
    ['/oauth2/token', 'POST'],
    ['/oauth2/authorize', 'GET, HEAD, POST'],
    ['/oidc/logout', 'GET, HEAD, POST'],
    ['/oidc/logout/confirm', 'POST'],
  ])('%s tells its methods, and refuses others', async (path, allow) => {
    await using provider = await providerOn('sqlite');
    const url = `https://localhost${path}`;
    const asked = await provider.send({ method: 'OPTIONS', url });
    expect([asked.status, asked.headers['allow']]).toEqual([204, allow]);
    const preflight = { origin: 'https://app.passthru.example', 'access-control-request-method': 'POST' };
    const foreign = await provider.send({ method: 'OPTIONS', url, headers: preflight });
    expect(foreign.status).toBe(204);
    expect(Object.keys(foreign.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    const refused = await provider.send({ method: 'DELETE', url });
    expect([refused.status, refused.headers['allow']]).toEqual([405, allow]);
    expect(refused.headers['content-type']).toContain('application/problem+json');
  });

  test.each(['/.well-known/jwks.json', '/.well-known/openid-configuration', '/oidc/logout'])('%s answers HEAD as GET', async (path) => {
    await using provider = await providerOn('sqlite');
    const [got, head] = [
      await provider.send({ url: `https://localhost${path}` }),
      await provider.send({ method: 'HEAD', url: `https://localhost${path}` }),
    ];
    expect([head.status, head.headers['content-type'], head.text]).toEqual([200, got.headers['content-type'], '']);
    expect(got.status).toBe(200);
  });

  const FORM = 'application/x-www-form-urlencoded';
  test.each([
    ['bytes that are not UTF-8', FORM, Buffer.from('token=\xff', 'latin1'), 400],
    ['a percent-encoding that is not UTF-8', FORM, 'token=%C0%AF', 400],
    ['a broken percent-encoding', FORM, 'token=100%', 400],
    ['a parameter twice', FORM, 'token=a&token=a', 400],
    ['a parameter twice that nobody knows', FORM, 'token=a&x=1&x=2', 400],
    ['another charset', `${FORM}; charset=iso-8859-1`, 'token=a', 415],
    ['JSON', 'application/json', '{"token":"a"}', 415],
    ['text', 'text/plain', 'token=a', 415],
  ])('a form with %s is an error of OAuth at every endpoint for programs', async (_, type, body, status) => {
    await using provider = await providerOn('sqlite');
    for (const path of ['/oauth2/token', '/oauth2/introspect', '/oauth2/revoke', '/oidc/userinfo']) {
      const answer = await provider.send({ method: 'POST', url: `https://localhost${path}`, headers: { 'content-type': type }, body });
      expect(answer.status, path).toBe(status);
      expect(answer.headers['content-type']).toContain('application/json');
      expect(answer.json()).toEqual({ error: 'invalid_request', error_description: expect.stringMatching(/^[ !#-[\]-~]+$/) as string });
    }
    expect(provider.logged).toEqual([]);
  });

  test('a POST to the authorization endpoint is sent on to it by GET, and ends where GET does', async () => {
    await using provider = await providerOn('sqlite');
    const client = aClient();
    provider.register(client);
    const { searchParams } = provider.attempt(client, { login_hint: 'é +&=' }).url;
    for (const path of ['/oauth2/authorize', '/authorize']) {
      const answer = await provider.send({ method: 'POST', url: `https://localhost${path}`, form: Object.fromEntries(searchParams) });
      expect([answer.status, answer.headers['cache-control'], answer.setCookies]).toEqual([303, 'no-store', []]);
      const target = new URL(String(answer.headers['location']), 'https://localhost');
      expect(answer.headers['location']).toBe(`${path}?${searchParams.toString()}`);
      const page = await provider.send({ url: target });
      expect([page.status, page.headers['location']]).toEqual([303, expect.stringContaining('/login/')]);
      expect(page.setCookies.join()).toContain('__Secure-passthru-interaction=');
    }
  });

  test('a POST to the end of the session may say nothing, as its GET may', async () => {
    await using provider = await providerOn('sqlite');
    const answer = await provider.send({ method: 'POST', url: 'https://localhost/oidc/logout', form: {} });
    expect([answer.status, answer.headers['location']]).toEqual([303, '/oidc/logout']);
    expect((await provider.send({ url: 'https://localhost/oidc/logout' })).status).toBe(200);
  });

  test('a POST with a foreign redirect URI gets the error page of GET, and one that is too long a refusal of its own', async () => {
    await using provider = await providerOn('sqlite');
    const client = aClient();
    provider.register(client);
    const { url } = provider.attempt(client, { redirect_uri: 'https://evil.example/' });
    const posted = await provider.send({
      method: 'POST',
      url: 'https://localhost/oauth2/authorize',
      form: Object.fromEntries(url.searchParams),
    });
    const after = await provider.send({ url: new URL(String(posted.headers['location']), 'https://localhost') });
    const direct = await provider.send({ url });
    expect([after.status, after.text]).toEqual([direct.status, direct.text]);
    expect(direct.status).toBe(400);

    for (const length of [9_000, 90_000]) {
      const long = await provider.send({ method: 'POST', url: 'https://localhost/oauth2/authorize', form: { state: 'a'.repeat(length) } });
      expect([long.status, long.headers['content-type']]).toEqual([413, expect.stringContaining('application/problem+json')]);
    }
    const forms: Readonly<Record<string, string>>[] = [{ state: 'a' }, {}];
    for (const form of forms) {
      const again = await provider.send({ method: 'POST', url: 'https://localhost/oauth2/authorize?state=a', form });
      expect([again.status, again.headers['content-type']]).toEqual([400, expect.stringContaining('application/problem+json')]);
    }
    const odd = await provider.send({ url: 'https://localhost/oauth2/authorize?state=%FF' });
    expect([odd.status, odd.headers['content-type']]).toEqual([400, expect.stringContaining('application/problem+json')]);
  });

  test('a POST to the log-out is sent on by GET, and its confirmation is not', async () => {
    await using provider = await providerOn('sqlite');
    const client = aClient();
    provider.register(client);
    const posted = await provider.send({ method: 'POST', url: 'https://localhost/oidc/logout', form: { client_id: client.clientId } });
    expect([posted.status, posted.headers['location']]).toEqual([303, `/oidc/logout?client_id=${client.clientId}`]);
    expect((await provider.send({ url: `https://localhost${String(posted.headers['location'])}` })).status).toBe(200);
    expect((await provider.send({ method: 'POST', url: 'https://localhost/oidc/logout/confirm', form: {} })).status).toBe(400);
  });

  test('a request for an answer by a form has a page that may post there, and that says what it does', async () => {
    await using provider = await providerOn('sqlite');
    const client = aClient();
    provider.register(client);
    const { url } = provider.attempt(client, { response_mode: 'form_post', prompt: 'none' });
    const page = await provider.send({ url });
    const action = /<form method="post" action="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const policy = String(page.headers['content-security-policy']);
    expect(action).toBe(url.searchParams.get('redirect_uri'));
    expect(/form-action ([^;]+)/.exec(policy)?.[1]?.split(' ')).toContain(new URL(action).origin);
    expect(page.text).toContain('name="error" value="login_required"');
    expect(page.text).toMatch(/<h1>Back to the application<\/h1>[^]*<button[^>]*type="submit">Continue/);
    expect(page.text).not.toContain('<noscript>');
  });

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
