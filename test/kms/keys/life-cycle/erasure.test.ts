import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { DatabaseConfig } from '#infra/database/config.ts';
import type { Database } from '#infra/database/databases.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { destroyJob } from '#test/kms/support/destroy-job.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { hastyKms } from '#test/kms/support/hasty-kms.ts';

const DAY = 86_400_000;
const never = new AbortController().signal;

/** All bytes in which the database may hold the table: SQLite's file and its log, the file of the table of PostgreSQL. */
const bytesOf = async (config: DatabaseConfig, { db, name }: Database<TenantTables>): Promise<Buffer> => {
  if (config.kind === 'sqlite') {
    const files = (await readdir(config.directory)).filter((file) => file.startsWith(name));
    expect(files).toContain(`${name}.sqlite-wal`);
    return Buffer.concat(await Promise.all(files.map((file) => readFile(join(config.directory, file)))));
  }
  await sql`checkpoint`.execute(db);
  const table = sql.lit(`${name}.material_keys`);
  const { rows } = await sql<{ content: Uint8Array }>`
    select pg_read_binary_file(pg_relation_filepath(${table}::regclass)) as content`.execute(db);
  return Buffer.from(rows[0]?.content ?? []);
};

/** How many of these secrets have any part of theirs left in these bytes. */
const leftOf = (secrets: readonly string[], bytes: Buffer): number =>
  secrets.filter((secret) => {
    const text = secret.slice(secret.lastIndexOf('..'));
    const parts = Array.from({ length: Math.floor(text.length / 24) }, (_, part) => text.slice(part * 24, part * 24 + 24));
    return parts.some((part) => bytes.includes(part));
  }).length;

describe.each(databaseKinds())('The files of a database on %s', (kind) => {
  it('hold no part of a secret that was destroyed, also after a process that was killed in between, and all of the others', async () => {
    await using test = await withDatabases(kind);
    const kms = await hastyKms(test);
    const { lifeCycle, materialKeys, caller, clock, tenantId } = kms;
    const [doomed, kept] = [await kms.make('ES256'), await kms.make('ES256')];
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const { id } = index % 2 === 0 ? doomed : kept;
        const { id: kid } = await materialKeys.rotate(caller, id);
        await lifeCycle.revokeVersion(caller, id, kid, { reason: 'superseded', comment: 'x'.repeat((index * 331) % 1024) });
      }),
    );
    const database = await kms.database(tenantId);
    const secretsOf = async (id: string) =>
      (await database.db.selectFrom('material_keys').select('wrapped').where('elastic_key_id', '=', id).execute()).map(
        ({ wrapped }) => wrapped,
      );
    const [gone, left] = [await secretsOf(doomed.id), await secretsOf(kept.id)];
    const before = await bytesOf(test.config, database);
    expect([leftOf(gone, before), leftOf(left, before)]).toEqual([16, 16]);

    await lifeCycle.scheduleDeletion(caller, doomed.id, { waitDays: 1 });
    clock.now += DAY;
    // A process that was killed between the commit and the erasure.
    await kms.destruction.elasticKey(caller.tenant, doomed.id);
    await destroyJob(kms, test, [caller]).run(never);
    const after = await bytesOf(test.config, database);
    expect([leftOf(gone, after), leftOf(left, after)]).toEqual([0, 16]);
    expect(await database.db.selectFrom('erasures_due').selectAll().execute()).toEqual([]);
  });
});
