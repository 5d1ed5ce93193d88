import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { listening } from '#test/support/listening.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { kmsProcess } from '#test/kms/support/kms-process.ts';
import { basic, kmsHouse } from '#test/kms/support/kms-server.ts';

/** Takes connections and never says a word. */
const silent = () => listening(createServer());

describe.each(databaseKinds())('a KMS on %s that is told to stop', (kind) => {
  it('ends by itself within 5 s, with exit code 0, though connections are open and its collector never answers', async () => {
    await using test = await withDatabases(kind);
    await using collector = await silent();
    await using house = await kmsHouse({
      change: (config) => {
        config.database = test.config;
        config.telemetry = {
          export_interval_ms: 250,
          traces_per_second: 100,
          endpoint: `https://127.0.0.1:${collector.port}`,
          tls: config.identity.tls,
        };
      },
    });
    await using kms = await kmsProcess(house);
    const port = Number(new URL(kms.url).port);
    const secure = async (text: string) => {
      const socket = connectTls({ host: '127.0.0.1', port, servername: 'localhost', ca: house.ca, minVersion: 'TLSv1.3' });
      await once(socket, 'secureConnect');
      socket.write(text);
      return socket;
    };
    const idle = await secure('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(idle, 'data');
    const unused = await secure('');
    const half = await secure('POST /service/api/v1/elastic-keys HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{');
    const handshaking = connect({ host: '127.0.0.1', port });
    await once(handshaking, 'connect');
    for (const socket of [idle, unused, half, handshaking]) socket.on('error', () => socket.destroy());
    // A server that takes longer is killed, and then has no exit code.
    expect(await kms.end('SIGTERM')).toBe(0);
    expect(kms.log.join('\n')).toContain('stopping on SIGTERM');
    for (const socket of [idle, unused, half, handshaking]) socket.destroy();
  });
});

describe('a KMS that is told to stop while guesses at a password wait', () => {
  it('answers every one of them with a problem', async () => {
    await using house = await kmsHouse();
    await using kms = await kmsProcess(house);
    await using client = await house.client();
    const name = `user-${randomUUIDv7()}`;
    const guess = () =>
      client.request({ method: 'GET', url: `${kms.url}/service/api/v1/elastic-keys`, headers: basic(name, randomUUIDv7()) });
    for (let n = 0; n < 6; n += 1) expect((await guess()).status).toBe(401);
    // As many may wait as the one that is refused first tells of.
    const guesses = Array.from({ length: 34 }, guess);
    expect((await Promise.race(guesses)).status).toBe(429);
    const ended = kms.end('SIGTERM');
    const answers = await Promise.all(guesses);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([429]));
    for (const { headers, json } of answers) {
      expect(headers).toMatchObject({
        'content-type': expect.stringContaining('application/problem+json'),
        'retry-after': expect.stringMatching(/^[1-9]\d*$/),
      });
      expect(json()).toMatchObject({ code: 'too-many-attempts' });
    }
    expect(await ended).toBe(0);
  });
});

describe('a KMS that is told to stop, behind a balancer', () => {
  const draining = (seconds: number) => kmsHouse({ change: (config) => (config.server.drain_seconds = seconds) });
  const KEYS = '/service/api/v1/elastic-keys';

  it('answers the rotation in flight, is not ready, serves what comes, and ends at once when it is told again', async () => {
    await using house = await draining(300);
    await using kms = await kmsProcess(house);
    await using client = await house.client();
    const headers = basic('demo-admin', 'demo-admin-password');
    const ask = (path: string, method = 'GET', body?: Record<string, unknown>) =>
      client.request({ method, url: `${kms.url}${path}`, headers, ...(body === undefined ? {} : { body }) });
    const { id } = (await ask(KEYS, 'POST', { name: `key-${randomUUIDv7()}`, algorithm: 'ES256' })).json<{ id: string }>();

    const rotated = ask(`${KEYS}/${id}/material-keys`, 'POST');
    const ended = kms.end('SIGTERM');
    expect((await rotated).status).toBe(201);
    await expect.poll(async () => (await ask('/readyz')).json()).toMatchObject({ code: 'not-ready', reason: 'stopping' });
    const again = await ask(`${KEYS}/${id}/material-keys`, 'POST');
    expect([again.status, again.headers['connection']]).toEqual([201, 'close']);
    expect((await ask('/livez')).status).toBe(200);
    void kms.end('SIGINT');
    expect(await ended).toBe(0);
    expect(kms.log.join('\n')).toContain('stopping at once on another SIGINT');
  });

  it('ends by itself when it has drained', async () => {
    await using house = await draining(1);
    await using kms = await kmsProcess(house);
    expect(await kms.end('SIGTERM')).toBe(0);
    expect(kms.log.join('\n')).toContain('not ready from now on, and closed in 1 s');
  });
});
