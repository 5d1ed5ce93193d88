import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { DatabaseConfig } from '#infra/database/config.ts';
import type { Database } from '#infra/database/databases.ts';
import type { CallerTenant } from '#kms/caller.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { destroyJob, eraseJob } from '#test/kms/support/destroy-job.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { hastyKms } from '#test/kms/support/hasty-kms.ts';
import type { TestKms } from '#test/support/kms-keys.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
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

/** The tenant of the caller, whose database says that it has so many bytes, and is not erased but tells that it was asked to be. */
const watched = ({ caller }: TestKms, { bytes }: { readonly bytes: number }) => {
  const erasures: (readonly string[])[] = [];
  let react = async (): Promise<void> => {};
  const tenant: CallerTenant = {
    ...caller.tenant,
    database: async () => ({
      ...(await caller.tenant.database()),
      size: async () => bytes,
      erase: async (tables) => {
        erasures.push(tables);
        await react();
      },
    }),
  };
  return { tenant, erasures, onErasure: (reaction: () => Promise<void>) => void (react = reaction) };
};

/** Has a key destroyed, a day later. */
const destroyOne = async (kms: TestKms, test: TestDatabases): Promise<void> => {
  const { id } = await kms.make('ES256');
  await kms.lifeCycle.scheduleDeletion(kms.caller, id, { waitDays: 1 });
  kms.clock.now += DAY;
  await destroyJob(kms, test, [kms.caller]).run(never);
};

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
    await eraseJob(kms, test, [caller.tenant]).run(never);
    const after = await bytesOf(test.config, database);
    expect([leftOf(gone, after), leftOf(left, after)]).toEqual([0, 16]);
    expect(await database.db.selectFrom('erasures_due').selectAll().execute()).toEqual([]);
  });

  it('are erased at most once an hour where they are not small', async () => {
    await using test = await withDatabases(kind);
    const kms = await hastyKms(test);
    const { caller, clock, destruction, lifeCycle } = kms;
    const { tenant, erasures } = watched(kms, { bytes: 32 * 1024 * 1024 });
    const job = eraseJob(kms, test, [tenant]);
    const doomed = [await kms.make('ES256'), await kms.make('ES256')];
    for (const { id } of doomed) await lifeCycle.scheduleDeletion(caller, id, { waitDays: 1 });
    clock.now += DAY;
    for (const { id } of doomed) {
      await destruction.elasticKey(caller.tenant, id);
      await job.run(never);
    }
    expect(erasures).toHaveLength(1);
    clock.now += HOUR;
    await job.run(never);
    expect(erasures).toHaveLength(2);
    await job.run(never);
    expect(erasures).toHaveLength(2);
  });

  it('are erased once more of what was destroyed during an erasure', async () => {
    await using test = await withDatabases(kind);
    const kms = await hastyKms(test);
    const { tenant, erasures, onErasure } = watched(kms, { bytes: 1_000 });
    const job = eraseJob(kms, test, [tenant]);
    await destroyOne(kms, test);
    onErasure(() => destroyOne(kms, test));
    await job.run(never);
    onErasure(async () => {});
    for (let times = 0; times < 2; times += 1) await job.run(never);
    expect(erasures).toHaveLength(2);
  });

  it('are not erased again at once where that failed, or ended the process: the next one waits as long', async () => {
    await using test = await withDatabases(kind);
    const kms = await hastyKms(test);
    const { tenant, erasures, onErasure } = watched(kms, { bytes: 1_000 });
    onErasure(() => Promise.reject(new Error('killed')));
    await destroyOne(kms, test);
    const job = eraseJob(kms, test, [tenant]);
    for (let times = 0; times < 2; times += 1) await expect(job.run(never)).rejects.toMatchObject({ code: 'files-not-erased' });
    await eraseJob(kms, test, [tenant]).run(never);
    expect(erasures).toHaveLength(1);
    onErasure(async () => {});
    kms.clock.now += 10 * MINUTE;
    await job.run(never);
    await job.run(never);
    expect(erasures).toHaveLength(2);
  });
});
