import { afterEach, describe, expect, it, vi } from 'vitest';
import { createServer } from '#infra/http/server/create-server.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { makePki } from '#test/support/pki.ts';

const HOUR = 60 * 60_000;

/** A server that lets two requests of an address through in a minute. */
const limited = async () => {
  const stack = new AsyncDisposableStack();
  const pki = stack.use(await makePki());
  const rateLimit = { max: 2, timeWindowMs: 60_000 };
  const app = await createServer({ name: 'limited', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry(), rateLimit });
  stack.defer(() => app.close());
  app.get('/', async () => ({}));
  const ask = async (remoteAddress: string, change: { readonly url?: string; readonly method?: 'POST' | 'OPTIONS' } = {}) => {
    const { statusCode, headers } = await app.inject({ url: '/', remoteAddress, headers: { host: 'localhost' }, ...change });
    return { status: statusCode, seconds: Number(headers['retry-after'] ?? 0) };
  };
  return { ask, [Symbol.asyncDispose]: () => stack.disposeAsync() };
};

describe('The limit of requests', () => {
  afterEach(() => vi.useRealTimers());

  it('asks to wait for no longer than its window, also where the clock of the machine is set back meanwhile', async () => {
    await using server = await limited();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR });
    await server.ask('192.0.2.1');
    vi.setSystemTime(Date.now() - HOUR);
    expect((await server.ask('192.0.2.1')).status).toBe(200);
    const refused = await server.ask('192.0.2.1');
    expect(refused.status).toBe(429);
    expect(refused.seconds).toBeGreaterThan(0);
    expect(refused.seconds).toBeLessThanOrEqual(60);
  });

  it.each([
    ['a path that nobody answers', { url: '/unknown' }, 404],
    ['a method that a path does not have', { method: 'POST' }, 405],
    ['a question for the methods of a path', { method: 'OPTIONS' }, 204],
  ] as const)('counts %s, and refuses it like any other request', async (_, change, status) => {
    await using server = await limited();
    const statuses: number[] = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await server.ask('192.0.2.1', change)).status);
    statuses.push((await server.ask('192.0.2.1')).status, (await server.ask('192.0.2.2', change)).status);
    expect(statuses).toEqual([status, status, 429, 429, status]);
  });

  it('counts the addresses of one IPv6 network together, and another network by itself', async () => {
    await using server = await limited();
    const statuses: number[] = [];
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2:ffff::3', '2001:db8:1:3::1'])
      statuses.push((await server.ask(address)).status);
    expect(statuses).toEqual([200, 200, 429, 200]);
  });
});
