import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { providerOn } from '#test/identity/support/identity-database.ts';
import type { TestProvider } from '#test/identity/support/identity-provider.ts';

/** Everything that the server writes on one connection until it closes it. */
const sendRaw = (provider: TestProvider, text: string): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', port: provider.port, ca: provider.ca }, () => socket.write(text));
  let answer = '';
  socket.setEncoding('utf8').on('data', (part) => (answer += part));
  socket.on('error', reject).on('close', () => resolve(answer));
  return promise;
};

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
