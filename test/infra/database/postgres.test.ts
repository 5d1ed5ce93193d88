import { randomUUIDv7 } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresConfig } from '#infra/database/config.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import { writeSecret } from '#infra/files/secret-file.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { type TestTables, testMigrations, thing } from '#test/infra/database/database-tables.ts';
import { listening } from '#test/support/listening.ts';
import { makePki, type Pki } from '#test/support/pki.ts';
import { postgresProviders } from '#test/support/postgres/providers.ts';
import type { RunningPostgres } from '#test/support/postgres/running-postgres.ts';
import { PASSWORD_ROLE } from '#test/support/postgres/workspace.ts';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(async () => pki[Symbol.asyncDispose]());

const uniqueName = (): string => `db_${randomUUIDv7().replaceAll('-', '')}`;

/** The outcome of a first query under this configuration. */
const attempt = async (config: PostgresConfig): Promise<unknown> => {
  await using databases = await openDatabases(config);
  return await databases.ping().then(
    () => 'connected',
    (error: unknown) => error,
  );
};

const causeOf = (error: unknown): string => (error instanceof Error ? `${error.message} ${causeOf(error.cause)}` : '');

/** Something that listens where a PostgreSQL should be. */
const standIn = async (onSocket: (socket: Socket) => void): Promise<AsyncDisposable & { config: PostgresConfig }> => {
  const { port, [Symbol.asyncDispose]: end } = await listening(createServer(onSocket));
  return {
    config: { kind: 'postgres', host: '127.0.0.1', port, database: 'any', user: 'any', tls: pki.client },
    [Symbol.asyncDispose]: end,
  };
};

describe('a PostgreSQL that is none', () => {
  it('because nothing listens there is unavailable', async () => {
    const { config } = await (async () => {
      await using closed = await standIn(() => {});
      return { config: closed.config };
    })();
    expect(await attempt(config)).toMatchObject({ code: 'database-unavailable', status: 503, cause: { code: 'ECONNREFUSED' } });
  });

  it('because it has no TLS gets nothing but the question for it', async () => {
    const received: string[] = [];
    await using plain = await standIn((socket) => {
      socket.setEncoding('hex').on('data', (chunk) => {
        received.push(String(chunk));
        socket.write('N');
      });
    });
    const error = await attempt(plain.config);
    expect(error).toMatchObject({ code: 'database-unavailable' });
    expect(causeOf(error)).toContain('does not support SSL');
    // SSLRequest: length 8, code 80877103.
    expect(received.join('')).toBe('0000000804d2162f');
  });

  it('because it never answers is given up when the caller gives up', async () => {
    await using silent = await standIn(() => {});
    await using databases = await openDatabases(silent.config);
    const controller = new AbortController();
    const ping = databases.ping(controller.signal);
    controller.abort(new Error('waited long enough'));
    await expect(ping).rejects.toThrow('waited long enough');
  });

  it('is not even tried without its certificates or its password', async () => {
    const tls = { ...pki.client, key: join(pki.folder, randomUUIDv7()) };
    const config: PostgresConfig = { kind: 'postgres', host: '127.0.0.1', port: 1, database: 'any', user: 'any', tls: pki.client };
    await expect(openDatabases({ ...config, tls })).rejects.toMatchObject({ code: 'tls-file-unreadable' });
    const password_file = join(pki.folder, randomUUIDv7());
    await expect(openDatabases({ ...config, password_file })).rejects.toMatchObject({ code: 'secret-unreadable' });
  });
});

describe.each(await postgresProviders())('a PostgreSQL of its own, $name,', (provider) => {
  let postgres: RunningPostgres;
  beforeAll(async () => {
    postgres = await provider.start();
  });
  afterAll(async () => postgres[Symbol.asyncDispose]());

  it('takes a client with a certificate in the name of its user', async () => {
    expect(await attempt(postgres.config)).toBe('connected');
  });

  it('is refused under a name that its certificate does not have', async () => {
    const { host, port = 0 } = postgres.config;
    await using relay = await standIn((socket) => {
      const upstream = connect({ host, port }).on('error', () => socket.destroy());
      socket.once('close', () => upstream.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    const error = await attempt({ ...postgres.config, host: 'localhost', port: relay.config.port ?? 0 });
    expect(error).toMatchObject({ code: 'database-unavailable' });
    expect(causeOf(error)).toMatch(/Hostname\/IP does not match certificate's altnames/);
  });

  it('is refused when another authority signed its certificate', async () => {
    const error = await attempt({ ...postgres.config, tls: { ...postgres.config.tls, ca: pki.client.ca } });
    expect(error).toMatchObject({ code: 'database-unavailable' });
    expect(causeOf(error)).toMatch(/self.signed certificate in certificate chain|unable to get/);
  });

  it('refuses a certificate of another authority', async () => {
    expect(await attempt({ ...postgres.config, tls: { ...pki.client, ca: postgres.config.tls.ca } })).toMatchObject({
      code: 'database-unavailable',
    });
  });

  it('refuses a certificate in the name of another user', async () => {
    const tls = await postgres.certificateOf(`other-${randomUUIDv7()}`);
    expect(await attempt({ ...postgres.config, tls })).toMatchObject({ code: 'database-unavailable', cause: { code: '28000' } });
  });

  it('takes the password of the file beside the certificate, and refuses a wrong one', async () => {
    const [user, password] = [`user-${randomUUIDv7()}`, `password-${randomUUIDv7()}`];
    await using databases = await openDatabases(postgres.config);
    await using database = await databases.open<TestTables>(uniqueName(), testMigrations);
    await sql`create role ${sql.id(PASSWORD_ROLE)}`.execute(database.db);
    await sql`create role ${sql.id(user)} login password ${sql.lit(password)} in role ${sql.id(PASSWORD_ROLE)}`.execute(database.db);
    const password_file = join(pki.folder, user);
    const config = { ...postgres.config, user, tls: await postgres.certificateOf(user), password_file };
    await writeSecret(password_file, password);
    expect(await attempt(config)).toBe('connected');
    await writeSecret(password_file, `wrong-${randomUUIDv7()}`);
    expect(await attempt(config)).toMatchObject({ code: 'database-unavailable', cause: { code: '28P01' } });
  });

  it('gives no rounded number for an integer that is too large for one', async () => {
    await using databases = await openDatabases(postgres.config);
    await using database = await databases.open<TestTables>(uniqueName(), testMigrations);
    const row = thing({ id: randomUUIDv7(), name: randomUUIDv7() });
    await database.db
      .insertInto('things')
      .values({ ...row, at: sql<number>`9007199254740993` })
      .execute();
    await expect(database.db.selectFrom('things').select('at').execute()).rejects.toThrow(RangeError);
    await database.db.updateTable('things').set({ at: Number.MAX_SAFE_INTEGER }).execute();
    expect((await database.db.selectFrom('things').select('at').executeTakeFirstOrThrow()).at).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('that ends an idle connection is warned of once', async () => {
    const warned: string[] = [];
    const firstWarning = Promise.withResolvers<void>();
    const warn = (line: string): void => {
      warned.push(line);
      firstWarning.resolve();
    };
    const telemetry = { ...noTelemetry(), log: { ...noTelemetry().log, warn } };
    await using databases = await openDatabases(postgres.config, { telemetry });
    await using other = await openDatabases(postgres.config);
    await using idle = await databases.open<TestTables>(uniqueName(), testMigrations);
    await using killer = await other.open<TestTables>(uniqueName(), testMigrations);
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(idle.db);
    await sql`select pg_terminate_backend(${sql.lit(rows[0]?.pid)})`.execute(killer.db);
    await firstWarning.promise;
    await databases.ping();
    expect(warned).toEqual([expect.stringContaining('a connection to PostgreSQL was lost')]);
  });

  it('that crashes in a transaction fails it, and serves again once it is back, with what was committed', async () => {
    const warned: string[] = [];
    const telemetry = { ...noTelemetry(), log: { ...noTelemetry().log, warn: (line: string) => void warned.push(line) } };
    await using databases = await openDatabases(postgres.config, { telemetry });
    await using database = await databases.open<TestTables>(uniqueName(), testMigrations);
    const kept = randomUUIDv7();
    await database.db
      .insertInto('things')
      .values(thing({ id: kept, name: kept }))
      .execute();
    const broken = database.transaction(async (tx) => {
      await tx
        .insertInto('things')
        .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
        .execute();
      await postgres.crash();
      await tx
        .insertInto('things')
        .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
        .execute();
    });
    await expect(broken).rejects.toMatchObject({ code: 'database-unavailable', status: 503 });
    await expect(databases.ping()).rejects.toMatchObject({ code: 'database-unavailable' });
    expect(warned.join('\n')).toContain('a connection to PostgreSQL was lost');
    await postgres.start();
    expect((await database.db.selectFrom('things').select('id').execute()).map((row) => row.id)).toEqual([kept]);
    await databases.ping();
  });
});
