import { connect, createServer as createNetServer, isIPv6 } from 'node:net';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { listen } from '#infra/http/server/listen.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const ADDRESSES = ['127.0.0.2', '127.0.0.3'];
let opened = new AsyncDisposableStack();
afterEach(async () => {
  await opened.disposeAsync();
  opened = new AsyncDisposableStack();
});

/** A server whose certificate names every address of this test. */
const server = async () => {
  const folder = opened.use(await temporaryDirectory());
  const names = ['127.0.0.1', '::1', ...ADDRESSES];
  const store = await prepareTls({ directory: folder.path, leaves: [{ name: 'server', kind: 'server', commonName: 'server', names }] });
  const app = await createServer({ name: 'test', tls: store.leaf('server'), clientCertificate: 'none', telemetry: noTelemetry() });
  const [entered, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  app.get('/from', async ({ ip }) => ({ ip }));
  app.get('/slow', async () => {
    entered.resolve();
    await released.promise;
    return { served: true };
  });
  opened.defer(async () => void (await app.close()));
  const client = opened.use(createHttpsClient({ ca: await readFile(store.caFile, 'utf8') }));
  const ask = async (host: string, port: number, path = '/from') =>
    (await client.request({ url: `https://${isIPv6(host) ? `[${host}]` : host}:${port}${path}` })).json<object>();
  return { app, ask, entered: entered.promise, release: () => released.resolve() };
};

/** `open`, or why a connection is not. */
const knocked = (host: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve('open')).once('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(code));
    opened.defer(() => void socket.destroy());
  });

it('A server answers at every address that it listens on, with one port, and at none of them once it is closed', async () => {
  const { app, ask } = await server();
  const { port } = await listen(app, { host: '127.0.0.1', also: ADDRESSES, port: 0 });
  for (const host of ['127.0.0.1', ...ADDRESSES]) expect(await ask(host, port)).toEqual({ ip: '127.0.0.1' });
  await app.close();
  for (const host of ['127.0.0.1', ...ADDRESSES]) expect(await knocked(host, port)).toBe('ECONNREFUSED');
});

it('A server that closes ends connections that idle, and answers what came in by any address before its resources go', async () => {
  const { app, ask, entered, release } = await server();
  const order: string[] = [];
  app.addHook('onResponse', async ({ url }) => void order.push(`answered ${url}`));
  app.addHook('onClose', async () => void order.push('resources gone'));
  const { port } = await listen(app, { host: '127.0.0.1', also: ADDRESSES, port: 0 });
  await ask('127.0.0.2', port);
  const slow = ask('127.0.0.3', port, '/slow');
  await entered;
  app.server.once('close', release);
  await app.close();
  order.push('closed');
  expect(await slow).toEqual({ served: true });
  expect(order).toEqual(['answered /from', 'answered /slow', 'resources gone', 'closed']);
});

it('A server names the address that another process holds', async () => {
  const { app } = await server();
  const holder = createNetServer().listen({ host: '127.0.0.3', port: 0 });
  await once(holder, 'listening');
  opened.defer(async () => void holder.close());
  const { port } = holder.address() as { port: number };
  await expect(listen(app, { host: '127.0.0.1', also: ADDRESSES, port })).rejects.toMatchObject({
    code: 'port-taken',
    message: `port ${port} on 127.0.0.3 is taken`,
  });
});
