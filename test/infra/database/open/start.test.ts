import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUIDv7 } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseConfig, PostgresConfig } from '#infra/database/config.ts';
import { startDatabases } from '#infra/database/open/start-databases.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { readTls } from '#infra/tls/options.ts';
import { listening } from '#test/support/listening.ts';
import { makePki, type Pki } from '#test/support/pki.ts';
import { postgresProviders } from '#test/support/postgres/providers.ts';
import type { RunningPostgres } from '#test/support/postgres/running-postgres.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(async () => pki[Symbol.asyncDispose]());

/** Something that listens where a PostgreSQL should be; the callback is told which connection it is, counted from 1. */
const standIn = async (onSocket: (socket: Socket, count: number) => void) => {
  let count = 0;
  const server = await listening(createServer((socket) => onSocket(socket, (count += 1))));
  const config: PostgresConfig = { kind: 'postgres', host: '127.0.0.1', port: server.port, database: 'any', user: 'any', tls: pki.client };
  return { config, connections: () => count, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

/** The outcome of a start, and its log. */
const started = async (config: DatabaseConfig) => {
  const said: string[] = [];
  const log = { ...noTelemetry().log, info: (text: string) => void said.push(text), warn: (text: string) => void said.push(text) };
  const outcome = startDatabases(config, { ...noTelemetry(), log }).then(
    async (databases) => {
      await databases?.ping();
      await databases?.[Symbol.asyncDispose]();
      return 'started';
    },
    (error: unknown) => error,
  );
  return { said, outcome };
};

/** ErrorResponse of a PostgreSQL that is still starting. @see https://www.postgresql.org/docs/17/protocol-message-formats.html */
const startingUp = (): Buffer => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0');
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
};

/** Takes TLS as PostgreSQL does, reads the start-up message and answers that it is not ready. */
const answerStartingUp = async (socket: Socket): Promise<void> => {
  const pem = await readTls(pki.server);
  await once(socket, 'data');
  socket.write('S');
  const tls = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(pem) });
  tls.on('error', () => socket.destroy());
  await once(tls, 'data');
  tls.end(startingUp());
};

describe('the start of a server', () => {
  it('does not wait for SQLite', async () => {
    await using folder = await temporaryDirectory();
    const { outcome, said } = await started({ kind: 'sqlite', directory: join(folder.path, 'data') });
    expect(await outcome).toBe('started');
    expect(said).toEqual([]);
  });

  it('waits for a PostgreSQL that resets connections, up to its limit, and says once what it waits for', async () => {
    await using resetting = await standIn((socket) => socket.resetAndDestroy());
    const { outcome, said } = await started({ ...resetting.config, start_timeout_seconds: 1 });
    const { port } = resetting.config;
    expect(await outcome).toMatchObject({
      code: 'database-start-timeout',
      message: expect.stringMatching(new RegExp(`^waited 1 s for PostgreSQL at 127.0.0.1:${port}, database any to answer: .*ECONNRESET`)),
    });
    expect(said).toEqual([
      expect.stringMatching(new RegExp(`^waiting for PostgreSQL at 127.0.0.1:${port}, database any, at most 1 s: .*ECONNRESET`)),
    ]);
    expect(resetting.connections()).toBeGreaterThan(5);
  });

  it('waits for a name that is not there yet', async () => {
    const config: PostgresConfig = { kind: 'postgres', host: `${randomUUIDv7()}.invalid`, database: 'any', user: 'any', tls: pki.client };
    const { outcome } = await started({ ...config, start_timeout_seconds: 1 });
    expect(await outcome).toMatchObject({ code: 'database-start-timeout', cause: { code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) } });
  });

  it('waits for no server that has no TLS', async () => {
    await using plain = await standIn((socket) => socket.once('data', () => socket.end('N')));
    const { outcome, said } = await started(plain.config);
    expect(await outcome).toMatchObject({ code: 'database-refused', message: expect.stringContaining('does not support SSL') });
    expect(said).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'that waits for a server which never answers ends at once on %s, with exit code 0',
    async (signal) => {
      await using silent = await standIn(() => {});
      await using refusing = await standIn((socket) => socket.resetAndDestroy());
      for (const { config } of [silent, refusing]) {
        const program = new URL('../database-process.ts', import.meta.url).pathname;
        const child = spawn(process.execPath, [program, 'start', JSON.stringify(config)], { stdio: ['ignore', 'pipe', 'inherit'] });
        const lines: string[] = [];
        createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
        const ended = once(child, 'exit');
        await expect.poll(() => (config === silent.config ? silent.connections() : lines.length), { timeout: 10_000 }).toBeGreaterThan(0);
        const asked = performance.now();
        child.kill(signal);
        expect(await ended).toEqual([0, null]);
        // The attempt to connect that is under way would last three seconds.
        expect(performance.now() - asked).toBeLessThan(2_500);
        expect(lines.slice(-2)).toEqual([`stopping on ${signal}`, 'stopped']);
      }
    },
  );
});

describe.each((await postgresProviders()).slice(-1))('the start of a server on $name', (provider) => {
  let postgres: RunningPostgres;
  beforeAll(async () => {
    postgres = await provider.start();
  });
  afterAll(async () => postgres[Symbol.asyncDispose]());

  it('says nothing when PostgreSQL answers', async () => {
    const { outcome, said } = await started(postgres.config);
    expect(await outcome).toBe('started');
    expect(said).toEqual([]);
  });

  it('waits while nothing listens, and goes on once PostgreSQL is back', async () => {
    await postgres.crash();
    const { outcome, said } = await started(postgres.config);
    await expect.poll(() => said.length).toBe(1);
    await postgres.start();
    expect(await outcome).toBe('started');
    expect(said).toEqual([
      expect.stringMatching(/^waiting for PostgreSQL .*ECONNREFUSED/),
      expect.stringMatching(/ answers after \d+ ms$/),
    ]);
  });

  it('waits while PostgreSQL says that it is starting up', async () => {
    const { host, port = 5432 } = postgres.config;
    await using folder = await temporaryDirectory();
    const ca = join(folder.path, 'ca.pem');
    await writeFile(ca, (await readFile(postgres.config.tls.ca, 'utf8')) + pki.ca);
    await using starting = await standIn((socket, count) => {
      if (count <= 2) void answerStartingUp(socket);
      else {
        const real = connect(port, host).on('error', () => socket.destroy());
        real.on('close', () => socket.destroy());
        socket.on('close', () => real.destroy());
        socket.pipe(real).pipe(socket);
      }
    });
    const { outcome, said } = await started({ ...postgres.config, port: starting.config.port, tls: { ...postgres.config.tls, ca } });
    expect(await outcome).toBe('started');
    expect(said).toEqual([expect.stringContaining('the database system is starting up'), expect.stringMatching(/ answers after \d+ ms$/)]);
  });

  it('waits for nothing that stays wrong, and says what is', async () => {
    const other = await postgres.certificateOf(`other-${randomUUIDv7()}`);
    const missing = `missing_${randomUUIDv7().replaceAll('-', '')}`;
    const { config } = postgres;
    const cases: readonly (readonly [wrong: Partial<PostgresConfig>, said: RegExp])[] = [
      [{ host: 'localhost' }, /does not match certificate's altnames/],
      [{ tls: { ...config.tls, ca: pki.client.ca } }, /self.signed certificate in certificate chain|unable to get/],
      [{ tls: { ...pki.client, ca: config.tls.ca } }, /unknown ca|certificate/i],
      [{ tls: other }, /certificate authentication failed for user/],
      [{ user: missing }, /certificate authentication failed for user|does not exist/],
      [{ database: missing }, /database "missing_\w+" does not exist/],
    ];
    for (const [wrong, why] of cases) {
      const { outcome, said } = await started({ ...config, ...wrong });
      expect(await outcome).toMatchObject({ code: 'database-refused', status: 503, message: expect.stringMatching(why) });
      expect(said).toEqual([]);
    }
  });
});
