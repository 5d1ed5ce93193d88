import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerHealth } from '#infra/http/health.routes.ts';
import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { listen } from '#infra/http/server/listen.ts';
import { IN_FLIGHT_MS } from '#infra/magic/limits.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterEach(() => void vi.useRealTimers());
afterAll(() => pki[Symbol.asyncDispose]());

/** A server with health, a route that answers at once, and one that answers when it is released. */
const serve = async ({ seconds }: { readonly seconds: number }) => {
  const stopping = new AbortController();
  const drain = { begun: stopping.signal, seconds };
  const app: App = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry(), drain });
  registerHealth(app, { dependencies: [], stopping: stopping.signal });
  const [entered, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const leaving = Promise.withResolvers<void>();
  app.addHook('preClose', async () => leaving.resolve());
  app.get('/quick', async () => ({ served: true }));
  app.get('/slow', async () => {
    entered.resolve();
    await released.promise;
    return { served: true };
  });
  app.get('/streamed', (_request, reply) => {
    reply.hijack();
    entered.resolve();
    void released.promise.then(() => reply.raw.writeHead(200, { 'content-length': '2' }).end('{}'));
  });
  const { port } = await listen(app, { host: '127.0.0.1', also: ['127.0.0.2'], port: 0 });
  return {
    app,
    port,
    begin: () => stopping.abort(),
    entered: entered.promise,
    leaving: leaving.promise,
    release: () => released.resolve(),
    [Symbol.asyncDispose]: () => app.close(),
  };
};

/** One TLS connection, and what comes over it. */
const connection = async (port: number, host = '127.0.0.1') => {
  const socket: TLSSocket = connect({ host, port, servername: 'localhost', ca: pki.ca });
  let received = '';
  socket.on('data', (chunk) => (received += String(chunk)));
  const ended = once(socket, 'end');
  await once(socket, 'secureConnect');
  const answer = async () => {
    const isWhole = () => {
      const [head = '', body = ''] = received.split('\r\n\r\n');
      return body.length === Number(/^content-length: (\d+)/im.exec(head)?.[1]);
    };
    while (!isWhole()) await once(socket, 'data');
    const [head = '', body = ''] = received.split('\r\n\r\n');
    received = '';
    const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim();
    return {
      status: Number(head.split(' ')[1]),
      connection: header('connection'),
      keepAlive: header('keep-alive'),
      type: header('content-type'),
      body,
    };
  };
  return {
    send: (text: string) => void socket.write(text),
    get: (path: string) => void socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    answer,
    ended,
    [Symbol.dispose]: () => void socket.destroy(),
  };
};

describe('A server that is told to stop', () => {
  it('is not ready at once, and says why in Problem Details', async () => {
    await using server = await serve({ seconds: 60 });
    using client = await connection(server.port);
    server.begin();
    client.get('/readyz');
    const { status, type, body } = await client.answer();
    expect([status, type, JSON.parse(body)]).toMatchObject([
      503,
      'application/problem+json; charset=utf-8',
      { code: 'not-ready', reason: 'stopping' },
    ]);
  });

  it.each(['/slow', '/streamed'])('ends a connection with the answer to the request in flight, %s', async (path) => {
    await using server = await serve({ seconds: 60 });
    using client = await connection(server.port);
    client.get(path);
    await server.entered;
    server.begin();
    server.release();
    expect(await client.answer()).toMatchObject({ status: 200, connection: 'close' });
    await client.ended;
  });

  it('serves connections that idle, and new ones, and ends each with its answer', async () => {
    await using server = await serve({ seconds: 60 });
    using idle = await connection(server.port);
    idle.get('/quick');
    expect(await idle.answer()).toMatchObject({ status: 200, connection: 'keep-alive' });
    server.begin();
    using fresh = await connection(server.port);
    for (const client of [idle, fresh]) {
      client.get('/quick');
      expect(await client.answer()).toMatchObject({ status: 200, connection: 'close' });
      await client.ended;
    }
  });

  it('ends a connection with a refusal, too: of a route that is not there, and of a URL that is none', async () => {
    await using server = await serve({ seconds: 60 });
    server.begin();
    const requests = {
      404: 'GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n',
      400: 'GET /% HTTP/1.1\r\nHost: localhost\r\n\r\n',
    };
    for (const [status, text] of Object.entries(requests)) {
      using client = await connection(server.port);
      client.send(text);
      expect(await client.answer()).toMatchObject({
        status: Number(status),
        connection: 'close',
        type: expect.stringMatching(/problem\+json/),
      });
      await client.ended;
    }
  });

  it('serves a request that comes to its end while the server closes', async () => {
    await using server = await serve({ seconds: 60 });
    using client = await connection(server.port);
    client.get('/quick');
    await client.answer();
    client.send('GET /quick HTTP/1.1\r\nHost: loc');
    // The slow one keeps the server from being closed before the other half is sent.
    using other = await connection(server.port);
    other.get('/slow');
    await server.entered;
    const closed = server.app.close();
    client.send('alhost\r\n\r\n');
    expect(await client.answer()).toMatchObject({ status: 200, connection: 'close', body: '{"served":true}' });
    server.release();
    expect(await other.answer()).toMatchObject({ status: 200, connection: 'close' });
    await closed;
  });

  it('ends connections that idle when it closes', async () => {
    await using server = await serve({ seconds: 60 });
    using idle = await connection(server.port);
    idle.get('/quick');
    await idle.answer();
    server.begin();
    await server.app.close();
    await expect(idle.ended).resolves.toEqual([]);
  });

  it.each(['127.0.0.1', '127.0.0.2'])('ends a request that came in by %s and has had its time', async (host) => {
    await using server = await serve({ seconds: 60 });
    using client = await connection(server.port, host);
    client.get('/slow');
    await server.entered;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let state = 'closing';
    const closed = server.app.close().then(() => (state = 'closed'));
    await server.leaving;
    await vi.advanceTimersByTimeAsync(IN_FLIGHT_MS - 1);
    expect(state).toBe('closing');
    await vi.advanceTimersByTimeAsync(1);
    await closed;
    server.release();
  });
});

describe('A server promises to keep an idle connection', () => {
  it.each([
    [0, 'timeout=72'],
    [5, 'timeout=5'],
    [300, 'timeout=72'],
  ])('for no longer than a drain of %i s, if it drains: %s', async (seconds, promised) => {
    await using server = await serve({ seconds });
    using client = await connection(server.port);
    client.get('/quick');
    expect(await client.answer()).toMatchObject({ connection: 'keep-alive', keepAlive: promised });
  });
});
