import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { listen } from '#infra/http/server/listen.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { type RawAnswer, rawBytes, rawRequest } from '#test/support/raw-request.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

let pki: Pki;
let app: App;
let port: number;

beforeAll(async () => {
  pki = await makePki();
  app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
  app.get('/things', async () => ({ items: [] }));
  app.post('/things', async () => ({ made: true }));
  await app.register(async (scope) => {
    scope.get('/things/:id', async () => ({ one: true }));
    scope.patch('/things/:id', async () => ({ changed: true }));
    scope.post('/things/:id/rotate', async () => ({ rotated: true }));
    scope.get('/files/*', async () => ({ file: true }));
  });
  ({ port } = await listen(app, { host: '127.0.0.1', port: 0 }));
});
afterAll(async () => {
  await app.close();
  await pki[Symbol.asyncDispose]();
});

const send = (method: string, path: string, body = ''): Promise<RawAnswer> =>
  rawRequest({ port, ca: pki.ca }, { method, path, headers: { 'content-type': 'text/plain' }, body: Buffer.from(body) });

const RESOURCES = [
  ['/things', ['GET', 'HEAD', 'POST']],
  ['/things?limit=1', ['GET', 'HEAD', 'POST']],
  ['/things/1', ['GET', 'HEAD', 'PATCH']],
  ['/things/a%2Fb', ['GET', 'HEAD', 'PATCH']],
  ['/things/1/rotate', ['POST']],
  ['/files/a/b.css', ['GET', 'HEAD']],
] as const;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'QUERY'];

describe.each(RESOURCES)('%s', (path, methods: readonly string[]) => {
  it.each(methods)('answers %s', async (method) => {
    const answer = await send(method, path);
    expect([answer.status, answer.text === '']).toEqual([200, method === 'HEAD']);
  });

  it.each(METHODS.filter((method) => !methods.includes(method)))('refuses %s and says what it has', async (method) => {
    const answer = await send(method, path);
    expect([answer.status, answer.type, answer.headers['allow']]).toEqual([405, 'application/problem+json', methods.join(', ')]);
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    const problem = { code: 'method-not-allowed', status: 405, fix: `Use ${methods.join(', ')}.` };
    expect(answer.json).toMatchObject(method === 'HEAD' ? {} : problem);
  });

  it('tells its methods to OPTIONS', async () => {
    const answer = await send('OPTIONS', path);
    expect([answer.status, answer.headers['allow'], answer.text]).toEqual([204, methods.join(', '), '']);
  });
});

describe('A path that is nobody’s', () => {
  it.each(['GET', 'POST', 'DELETE', 'OPTIONS', 'TRACE'])('is not found by %s, whatever its body is', async (method) => {
    for (const path of ['/nowhere', '/thing', '/things/1/2', '/Things', '/files']) {
      const answer = await send(method, path, method === 'GET' ? '' : '\u0000');
      expect([answer.status, answer.json['code']], path).toEqual([404, 'route-not-found']);
      expect(answer.headers['allow']).toBeUndefined();
    }
  });
});

describe('The server as a whole', () => {
  it('answers OPTIONS * with the methods of all that it has', async () => {
    const answer = await rawBytes({ port, ca: pki.ca }, 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect([answer.status, answer.headers['allow']]).toEqual([204, 'GET, HEAD, PATCH, POST']);
  });

  it('opens no tunnel, and says so', async () => {
    const answer = await rawBytes({ port, ca: pki.ca }, 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n');
    expect([answer.status, answer.type, answer.json['code']]).toEqual([405, 'application/problem+json', 'method-not-allowed']);
  });

  it.each([
    ['a target of 8,001 octets', `/things?${'a'.repeat(7_993)}`, 414, 'target-too-long'],
    ['a target of 20,000 octets', `/${'a'.repeat(20_000)}`, 414, 'target-too-long'],
    ['a target that no header has room for', `/${'a'.repeat(40_000)}`, 431, 'header-too-large'],
    ['a segment that is longer than any id', `/things/${'x'.repeat(200)}`, 414, 'target-too-long'],
    ['a query that is not UTF-8', '/things?name=%FF', 400, 'form-not-utf8'],
    ['a query with an overlong form', '/things?name=%C0%AF', 400, 'form-not-utf8'],
    ['a query with a broken encoding', '/things?name=%4', 400, 'form-not-utf8'],
    ['a path that is not UTF-8', '/things/%FF', 400, 'bad-url'],
  ])('refuses %s with Problem Details that say how to mend it', async (_, path, status, code) => {
    const answer = await send('GET', path);
    expect([answer.status, answer.type, answer.json['code']]).toEqual([status, 'application/problem+json', code]);
    expect(answer.json['fix']).toMatch(/\w/);
    expect(answer.json['title']).not.toBe('Error');
  });

  it('takes a target of 8,000 octets, and escapes of characters in it', async () => {
    expect((await send('GET', `/things?${'a'.repeat(7_992)}`)).status).toBe(200);
    expect((await send('GET', '/things?name=%C3%A9+%F0%9F%94%91')).status).toBe(200);
  });

  it('refuses bytes in a target that are not ASCII', async () => {
    const answer = await rawBytes(
      { port, ca: pki.ca },
      Buffer.from('GET /things?a=\xff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 'latin1'),
    );
    expect([answer.status, answer.type]).toEqual([400, 'application/problem+json']);
    expect(answer.json['fix']).toMatch(/\w/);
  });
});
