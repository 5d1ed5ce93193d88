import { randomUUIDv7 } from 'node:crypto';
import { Agent, get } from 'node:https';
import { connect as tlsConnect } from 'node:tls';
import { Type } from 'typebox';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AppError, InternalError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { registerHealth } from '#infra/http/health.routes.ts';
import type { App, ServerOptions } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { listen } from '#infra/http/server/listen.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

let pki: Pki;
let client: HttpsClient;
const open: App[] = [];

beforeAll(async () => {
  pki = await makePki();
  client = createHttpsClient({ ca: pki.ca });
});
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await pki[Symbol.asyncDispose]();
});

const serve = async (routes: (app: App) => void, options: Partial<ServerOptions> = {}): Promise<string> => {
  const app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry(), ...options });
  open.push(app);
  routes(app);
  const { port } = await listen(app, { host: '127.0.0.1', port: 0 });
  return `https://localhost:${port}`;
};

/** The answer over a TLS connection, to its end, for this text. */
const rawAnswer = (base: string, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = tlsConnect({ port: Number(new URL(base).port), host: '127.0.0.1', servername: 'localhost', ca: pki.ca }, () =>
      socket.write(text),
    );
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });

const echo = (app: App): void => {
  app.post(
    '/echo',
    { schema: { body: strictObject({ name: Type.String({ maxLength: 64 }), size: Type.Optional(Type.Integer()) }) } },
    async (request) => request.body,
  );
};

describe('A server of ours', () => {
  it('ends a connection with the first answer after an hour, and no other', async () => {
    let elapsed = 0;
    const base = await serve((app) => app.get('/now', async () => ({ elapsed })), { elapsed: () => elapsed });
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: pki.ca });
    onTestFinished(() => agent.destroy());
    const ask = (): Promise<readonly [string | undefined, boolean]> =>
      new Promise((resolve, reject) => {
        const request = get(`${base}/now`, { agent }, (response) => {
          response.resume().once('end', () => resolve([response.headers.connection, request.reusedSocket]));
        });
        request.once('error', reject);
      });
    const answers = [await ask()];
    elapsed = 3_599_999;
    answers.push(await ask());
    elapsed = 3_600_000;
    answers.push(await ask(), await ask());
    expect(answers).toEqual([
      ['keep-alive', false],
      ['keep-alive', true],
      ['close', true],
      ['keep-alive', false],
    ]);
  });

  it('answers a valid request and sends strict security headers', async () => {
    const base = await serve(echo);
    const name = randomUUIDv7();
    const answer = await client.request({ method: 'POST', url: `${base}/echo`, body: { name } });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ name });
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.headers['strict-transport-security']).toBeDefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['x-powered-by']).toBeUndefined();
  });

  it.each([
    ['an unknown property', { name: 'a', nmae: 'b' }, '/nmae'],
    ['a string where a number belongs', { name: 'a', size: '7' }, '/size'],
    ['a missing property', {}, '/name'],
  ])('refuses %s with Problem Details that name the field', async (_, body, field) => {
    const base = await serve(echo);
    const answer = await client.request({ method: 'POST', url: `${base}/echo`, body });
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status: 400, code: 'request-invalid', errors: [{ field }] });
  });

  it.each([
    ['prototype pollution', '{"name":"a","__proto__":{"x":1}}', 400, 'body-not-json'],
    ['constructor pollution', '{"name":"a","constructor":{"prototype":{"x":1}}}', 400, 'body-not-json'],
    ['broken JSON', '{"name":', 400, 'body-not-json'],
    ['an empty body', '', 400, 'body-missing'],
  ])('refuses %s', async (_, body, status, code) => {
    const base = await serve(echo);
    const answer = await client.request({ method: 'POST', url: `${base}/echo`, headers: { 'content-type': 'application/json' }, body });
    expect(answer.status).toBe(status);
    expect(answer.json()).toMatchObject({ code });
  });

  it('refuses another media type and a body over the limit', async () => {
    const base = await serve(echo, { bodyLimit: 200 });
    const xml = await client.request({ method: 'POST', url: `${base}/echo`, headers: { 'content-type': 'application/xml' }, body: '<a/>' });
    expect([xml.status, xml.json<{ code: string }>().code]).toEqual([415, 'unsupported-media-type']);
    const large = await client.request({ method: 'POST', url: `${base}/echo`, body: { name: 'x'.repeat(300) } });
    expect([large.status, large.json<{ code: string }>().code]).toEqual([413, 'body-too-large']);
  });

  it('answers an unknown route and a bad URL with Problem Details', async () => {
    const base = await serve(echo);
    expect((await client.request({ url: `${base}/nowhere` })).json()).toMatchObject({ status: 404, code: 'route-not-found' });
    expect((await client.request({ url: `${base}/%` })).json()).toMatchObject({ status: 400, code: 'bad-url' });
  });

  it('tells a client what an AppError says, with its headers, and nothing of a bug', async () => {
    const secret = randomUUIDv7();
    const base = await serve((app) => {
      app.get('/refused', async () => {
        throw new AppError('too-early', 429, 'Come later.', {
          fix: 'Wait.',
          headers: { 'retry-after': '7' },
          members: { error: 'slow_down' },
          cause: new Error(secret),
        });
      });
      app.get('/bug', async () => {
        throw new TypeError(`select * from ${secret}`);
      });
      app.get('/internal', async () => {
        throw new InternalError(secret);
      });
    });
    const refused = await client.request({ url: `${base}/refused` });
    expect(refused.headers['retry-after']).toBe('7');
    expect(refused.json()).toMatchObject({ status: 429, code: 'too-early', detail: 'Come later.', fix: 'Wait.', error: 'slow_down' });
    for (const path of ['/bug', '/internal']) {
      const answer = await client.request({ url: base + path });
      expect([answer.status, answer.json<{ code: string }>().code]).toEqual([500, 'internal-error']);
      expect(answer.text).not.toContain(secret);
      expect(answer.text).not.toContain('.ts');
    }
    expect(refused.text).not.toContain(secret);
  });

  it('limits the rate of a client, but not of the health routes', async () => {
    const base = await serve(
      (app) => {
        registerHealth(app, { dependencies: [] });
        app.get('/limited', async () => ({}));
      },
      { rateLimit: { max: 2, timeWindowMs: 60_000 } },
    );
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await client.request({ url: `${base}/limited` })).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await client.request({ url: `${base}/limited` })).headers['retry-after']).toMatch(/^\d+$/);
    for (let i = 0; i < 5; i += 1) expect((await client.request({ url: `${base}/livez` })).status).toBe(200);
  });

  it('speaks TLS 1.3 and refuses TLS 1.2', async () => {
    const base = await serve(echo);
    const port = Number(new URL(base).port);
    const attempt = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string> =>
      new Promise((resolve) => {
        const socket = tlsConnect(
          { port, host: '127.0.0.1', servername: 'localhost', ca: pki.ca, minVersion: 'TLSv1.2', maxVersion },
          () => {
            resolve(socket.getProtocol() ?? 'none');
            socket.destroy();
          },
        );
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'refused'));
      });
    expect(await attempt('TLSv1.3')).toBe('TLSv1.3');
    expect(await attempt('TLSv1.2')).toContain('PROTOCOL_VERSION');
  });

  it('requires a client certificate on an admin listener', async () => {
    const base = await serve(echo, { clientCertificate: 'require' });
    await expect(client.request({ method: 'POST', url: `${base}/echo`, body: { name: 'a' } })).rejects.toMatchObject({ name: 'AppError' });
    await using trusted = createHttpsClient({ ca: pki.ca, cert: pki.client.certPem, key: pki.client.keyPem });
    expect((await trusted.request({ method: 'POST', url: `${base}/echo`, body: { name: 'a' } })).status).toBe(200);
  });

  it.each([
    ['without a Host header', '', 'HTTP/1.1 400 ', '"code":"host-invalid"'],
    ['with two Host headers', 'Host: localhost\r\nhost: elsewhere\r\n', 'HTTP/1.1 400 ', '"field":"header/host"'],
    ['with an expectation that nobody can meet', 'Host: localhost\r\nExpect: the-best\r\n', 'HTTP/1.1 417 ', '"code":"expectation-failed"'],
  ])('answers a request %s with Problem Details', async (_, headers, status, text) => {
    const base = await serve((app) => void app.get('/', async () => ({ served: true })));
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = tlsConnect({ port: Number(new URL(base).port), host: '127.0.0.1', servername: 'localhost', ca: pki.ca }, () =>
      socket.write(`GET / HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`),
    );
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    socket.on('error', reject).on('close', () => resolve(answer));
    expect(await promise).toContain(status);
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
    expect(answer).toContain(text);
  });

  it('answers what is no HTTP with Problem Details', async () => {
    const base = await serve(echo);
    const raw = await rawAnswer(base, 'NONSENSE\r\n\r\n');
    expect(raw).toMatch(/^HTTP\/1\.1 400/);
    expect(raw).toContain('"code":"not-http"');
    expect(raw).toContain('"detail":');
  });

  it('answers a request that never arrives as a whole with 408', async () => {
    const base = await serve(echo, { requestTimeoutMs: 200 });
    const head = 'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n';
    const raw = await rawAnswer(base, `${head}{`);
    expect(raw).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(JSON.parse(raw.slice(raw.indexOf('\r\n\r\n')))).toMatchObject({
      status: 408,
      code: 'request-timeout',
      detail: 'The request did not arrive completely in time.',
    });
  });

  it('answers a header that is too large with 431', async () => {
    const raw = await rawAnswer(await serve(echo), `GET / HTTP/1.1\r\nHost: localhost\r\nX-Much: ${'x'.repeat(40_000)}\r\n\r\n`);
    expect(raw).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(raw).toContain('"detail":');
  });

  it('lets a request in flight finish when it closes', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let entered = (): void => {};
    const inside = new Promise<void>((resolve) => (entered = resolve));
    const base = await serve((app) => {
      app.get('/slow', async () => {
        entered();
        await held;
        return { finished: true };
      });
    });
    const answer = client.request({ url: `${base}/slow` });
    await inside;
    const closing = open.splice(0)[0]?.close();
    release();
    expect((await answer).json()).toEqual({ finished: true });
    await closing;
    await expect(client.request({ url: `${base}/slow` })).rejects.toMatchObject({ code: 'connection-refused' });
  });

  it('names a port that is taken', async () => {
    const base = await serve(echo);
    const second = await createServer({ name: 'second', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
    open.push(second);
    await expect(listen(second, { host: '127.0.0.1', port: Number(new URL(base).port) })).rejects.toMatchObject({ code: 'port-taken' });
  });
});

describe('Health', () => {
  it('is ready with every dependency up, with state and latency of each', async () => {
    const base = await serve((app) => registerHealth(app, { dependencies: [{ name: 'database', required: true, check: async () => {} }] }));
    const answer = await client.request({ url: `${base}/readyz` });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ status: 'ready', dependencies: { database: { state: 'up', required: true, cause: null } } });
  });

  it('is not ready when a required dependency is down, and names it with its cause', async () => {
    const down = { name: 'identity', required: true, check: () => Promise.reject(new Error('refuses connections')) };
    const base = await serve((app) => registerHealth(app, { dependencies: [down] }));
    const answer = await client.request({ url: `${base}/readyz` });
    expect(answer.status).toBe(503);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({
      code: 'not-ready',
      reason: 'identity is down: refuses connections',
      dependencies: { identity: { state: 'down', cause: 'refuses connections' } },
    });
    expect((await client.request({ url: `${base}/livez` })).json()).toEqual({ status: 'alive' });
  });

  it('stays ready without an optional dependency, and says a reason of its own', async () => {
    let sealed: string | null = null;
    const optional = { name: 'telemetry', required: false, check: () => Promise.reject(new Error('gone')) };
    const base = await serve((app) => registerHealth(app, { dependencies: [optional], notReady: () => sealed }));
    expect((await client.request({ url: `${base}/readyz` })).json()).toMatchObject({
      dependencies: { telemetry: { state: 'down', cause: 'gone' } },
    });
    sealed = 'sealed';
    expect((await client.request({ url: `${base}/readyz` })).json()).toMatchObject({ status: 503, reason: 'sealed' });
  });

  it('counts a dependency that never answers as down', async () => {
    const hanging = { name: 'database', required: true, check: () => new Promise<void>(() => {}) };
    const base = await serve((app) => registerHealth(app, { dependencies: [hanging] }));
    expect((await client.request({ url: `${base}/readyz` })).json()).toMatchObject({
      dependencies: { database: { cause: 'database did not answer within 2000 ms' } },
    });
  });
});
