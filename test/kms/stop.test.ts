import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { listening } from '#test/support/listening.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { kmsProcess } from '#test/kms/support/kms-process.ts';
import { kmsHouse } from '#test/kms/support/kms-server.ts';

/** Takes connections and never says a word. */
const silent = () => listening(createServer());

describe.each(databaseKinds())('a KMS on %s that is told to stop', (kind) => {
  it('ends by itself within 5 s, with exit code 0, though connections are open and its collector never answers', async () => {
    await using test = await withDatabases(kind);
    await using collector = await silent();
    await using house = await kmsHouse({
      change: (config) => {
        config.database = test.config;
        config.telemetry = { export_interval_ms: 250, endpoint: `https://127.0.0.1:${collector.port}`, tls: config.identity.tls };
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
