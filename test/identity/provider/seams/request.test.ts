import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { withoutAlias } from '#identity/provider/features/grants/authorization-code.ts';
import { acceptJsonOnly, setHost, setRequestTarget, withBody } from '#identity/provider/seams/request.ts';
import { type BareProvider, startBareProvider } from './bare-provider.ts';

const METADATA = '/.well-known/openid-configuration';

/** The whole answer to a request that no HTTP client of ours would send. */
const sendRaw = ({ port }: BareProvider, target: string, host: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return text(socket);
};

test('oidc-provider takes the host of its URLs from the Host header; with the seam from us', async () => {
  await using bare = await startBareProvider();
  await using mended = await startBareProvider({ before: (request) => setHost(request, 'issuer.passthru.example') });

  expect(await sendRaw(bare, METADATA, 'evil.example')).toContain('"token_endpoint":"http://evil.example/token"');
  expect(await sendRaw(mended, METADATA, 'evil.example')).toContain('"token_endpoint":"http://issuer.passthru.example/token"');
});

test('oidc-provider takes the host of its URLs from an absolute target; with the seam it sees the path alone', async () => {
  await using bare = await startBareProvider();
  await using mended = await startBareProvider({ before: (request) => setRequestTarget(request, (target) => target) });

  expect(await sendRaw(bare, `http://evil.example${METADATA}?a=1`, 'good.example')).toContain(
    '"token_endpoint":"http://evil.example/token"',
  );
  expect(await sendRaw(mended, `http://evil.example${METADATA}?a=1`, 'good.example')).toContain(
    '"token_endpoint":"http://good.example/token"',
  );
});

test('the second path of the authorization endpoint is the first, and no other path is', () => {
  const targetOf = (url: string): string => {
    const request = { url } as Parameters<typeof setRequestTarget>[0];
    setRequestTarget(request, withoutAlias);
    return String(request.url);
  };

  expect(['/authorize', '/authorize?a=/authorize', 'https://evil.example/authorize?a=1'].map(targetOf)).toEqual([
    '/oauth2/authorize',
    '/oauth2/authorize?a=/authorize',
    '/oauth2/authorize?a=1',
  ]);
  expect(['/authorized', '/authorize/x', '/oauth2/token', 'nonsense'].map(targetOf)).toEqual([
    '/authorized',
    '/authorize/x',
    '/oauth2/token',
    '/',
  ]);
});

test('oidc-provider answers an error of the token endpoint as a page to a client that says it takes one; with the seam in JSON', async () => {
  await using bare = await startBareProvider();
  await using mended = await startBareProvider({ before: (request) => acceptJsonOnly(request) });
  const typeOf = async (of: BareProvider) =>
    (await of.send('/token', { method: 'POST', headers: { accept: 'text/html' } })).headers.get('content-type')?.split(';')[0];

  expect(await typeOf(bare)).toBe('text/html');
  expect(await typeOf(mended)).toBe('application/json');
});

test('oidc-provider finds nothing in a body that was read before; with the seam it reads the same bytes', async () => {
  const readBefore = async (request: IncomingMessage) => ({ request, bytes: await buffer(request) });
  await using bare = await startBareProvider({ replace: async (request) => (await readBefore(request)).request });
  await using mended = await startBareProvider({
    replace: async (received) => {
      const { request, bytes } = await readBefore(received);
      return withBody(request, bytes.length === 0 ? undefined : bytes);
    },
  });
  const form = { grant_type: 'client_credentials' };

  expect((await bare.post('/token', form)).status).toBe(400);
  expect((await mended.post('/token', form)).status).toBe(200);
  expect((await mended.post('/token', { grant_type: 'other' })).status).toBe(400);
  expect((await mended.send(METADATA)).status).toBe(200);
});
