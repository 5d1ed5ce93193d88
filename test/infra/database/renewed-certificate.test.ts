import { X509Certificate } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Databases } from '#infra/database/databases.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { TlsFiles } from '#infra/tls/config.ts';
import { type TestTables, testMigrations } from '#test/infra/database/database-tables.ts';
import { postgresProviders } from '#test/support/postgres/providers.ts';
import type { RunningPostgres } from '#test/support/postgres/running-postgres.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const MOST = 60;

const replace = async (from: TlsFiles, to: TlsFiles): Promise<void> => {
  for (const file of ['ca', 'key', 'cert'] as const) await copyFile(from[file], to[file]);
};

const serialIn = async ({ cert }: TlsFiles): Promise<string> =>
  BigInt(`0x${new X509Certificate(await readFile(cert)).serialNumber}`).toString();

/** Serial number of the client certificate of this connection, in decimal digits, as PostgreSQL says. */
const serialOf = async (db: Kysely<TestTables>): Promise<string> => {
  const { rows } = await sql<{
    serial: string;
  }>`select client_serial::text as serial from pg_stat_ssl where pid = pg_backend_pid()`.execute(db);
  return rows[0]?.serial ?? '';
};

/**
 * Makes connections, each while the ones before are held, until one is as wanted or there are too many; answers with the serial numbers
 * of their certificates.
 */
const serials = async (databases: Databases, wanted: string, depth = 0): Promise<readonly string[]> => {
  await using database = await databases.open<TestTables>(`depth_${depth}`, testMigrations);
  return await database.transaction(async (tx) => {
    const serial = await serialOf(tx);
    if (serial === wanted || depth === MOST - 1) return [serial];
    await sql`select pg_sleep(0.05)`.execute(tx);
    return [serial, ...(await serials(databases, wanted, depth + 1))];
  });
};

describe.each((await postgresProviders()).slice(-1))('connections to $name', (provider) => {
  let postgres: RunningPostgres;
  beforeAll(async () => {
    postgres = await provider.start();
  });
  afterAll(async () => postgres[Symbol.asyncDispose]());

  it('are made with the client certificate that is on disk; one that is open stays, and files that do not fit are not used', async () => {
    await using folder = await temporaryDirectory();
    const tls: TlsFiles = { ca: join(folder.path, 'ca.pem'), cert: join(folder.path, 'client.pem'), key: join(folder.path, 'client.key') };
    await replace(postgres.config.tls, tls);
    const old = await serialIn(tls);
    const errors: string[] = [];
    const telemetry = { ...noTelemetry(), log: { ...noTelemetry().log, error: (text: string) => void errors.push(text) } };
    await using databases = await openDatabases({ ...postgres.config, tls, pool_size: MOST + 5 }, { telemetry });
    await databases.ping();

    await writeFile(tls.key, 'no key');
    await expect.poll(() => errors.join('\n'), { timeout: 5_000 }).toContain('was not renewed, the old one stays');
    expect(await serials(databases, old)).toEqual([old]);

    await replace(await postgres.certificateOf(postgres.config.user), tls);
    const renewed = await serialIn(tls);
    expect(renewed).not.toBe(old);
    const [open, ...others] = await serials(databases, renewed);
    expect(open).toBe(old);
    expect(others.at(-1)).toBe(renewed);
  });
});
