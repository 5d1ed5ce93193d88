import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { serviceMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { isSchemaName } from '#kms/database/schema-name.ts';
import type { KmsEvent } from '#kms/events.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { addRealTenant, openWorld, startWorld, sweepWorld } from '#test/kms/support/demo-world.ts';
import { basic, kmsHouse, runKms } from '#test/kms/support/kms-server.ts';

const unsealKey = new Uint8Array(randomBytes(32));

const tenantDatabasesOf = async (test: TestDatabases) => {
  await using databases = await test.reopen();
  return (await databases.names()).filter(isSchemaName);
};

describe.each(databaseKinds())('a start on %s', (kind) => {
  it('without the service database is refused while there are databases of tenants, and leaves them as they are', async () => {
    await using test = await withDatabases(kind);
    await using house = await kmsHouse({ change: (config) => (config.database = test.config) });
    {
      await using first = await runKms(house);
      expect(Object.keys(await first.tenants())).toHaveLength(2);
    }
    const before = await tenantDatabasesOf(test);
    expect(before).toHaveLength(2);
    {
      await using databases = await test.reopen();
      await databases.drop('service');
    }
    // The second start finds the empty service database that the first one made.
    for (let start = 0; start < 2; start += 1) {
      await expect(runKms(house)).rejects.toMatchObject({
        code: 'service-database-lost',
        status: 503,
        message: expect.stringContaining('missing or empty, but 2 tenant databases are there'),
        fix: expect.stringContaining('Restore the service database'),
      });
      expect(await tenantDatabasesOf(test)).toEqual(before);
    }
  });

  it('with a service database from before its tenants leaves the databases of the tenants, and says so', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(await test.reopen(), unsealKey);
    await world.demo.seed();
    await addRealTenant(world);
    const before = await tenantDatabasesOf(test);
    expect(before).toHaveLength(3);
    await world.service.db.deleteFrom('kms_tenants').execute();
    const events: KmsEvent[] = [];
    const databases = await test.reopen();
    await sweepWorld(databases, await openWorld(databases, unsealKey), (event) => void events.push(event));
    expect(await tenantDatabasesOf(test)).toEqual(before);
    expect(events).toEqual([{ type: 'databases-unnamed', names: before }]);
  });

  it('without the database of one tenant answers 503 to that tenant, makes no empty one and serves the other', async () => {
    await using test = await withDatabases(kind);
    await using house = await kmsHouse({ change: (config) => (config.database = test.config) });
    {
      await using first = await runKms(house);
      expect(Object.keys(await first.tenants())).toHaveLength(2);
    }
    {
      await using databases = await test.reopen();
      await using service = await databases.open<ServiceTables>('service', serviceMigrations);
      const lost = await service.db.selectFrom('kms_tenants').select('schema_name').where('name', '=', 'demo').executeTakeFirstOrThrow();
      await databases.drop(lost.schema_name);
    }
    const before = await tenantDatabasesOf(test);
    expect(before).toHaveLength(1);
    {
      await using again = await runKms(house);
      const list = (user: string) => again.send('/service/api/v1/elastic-keys', { headers: basic(user, `${user}-password`) });
      const refused = await list('demo-user');
      expect(refused.status).toBe(503);
      expect(refused.json()).toMatchObject({ code: 'database-missing', fix: expect.stringContaining('Restore it from a backup') });
      const answer = await list('demo-other-user');
      expect(answer.status).toBe(200);
      expect(answer.json<{ items: unknown[] }>().items).not.toHaveLength(0);
    }
    expect(await tenantDatabasesOf(test)).toEqual(before);
  });
});
