import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KmsEvent } from '#kms/events.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { addRealTenant, openWorld, sweepWorld } from '../support/demo-world.ts';

const unsealKey = new Uint8Array(randomBytes(32));
const noSeed = { tenants: [], accounts: [], elastic_keys: [] };

describe.each(databaseKinds())('the sweep of tenants at a start on %s', (kind) => {
  it('removes tenants in preparation and drops the databases of removed ones, and leaves all others', async () => {
    await using test = await withDatabases(kind);
    const world = await openWorld(test.databases, unsealKey, noSeed);
    const create = (demo: boolean) =>
      world.service.transaction((tx) => world.lifeCycle.create(tx, { id: randomUUID(), name: `tenant-${randomUUIDv7()}`, demo }));
    const kept = await addRealTenant(world);
    const [left, removed] = [await create(true), await create(false)];
    for (const { id } of [left, removed]) await (await world.tenants.preparing(id))?.database();
    // A crash came before its database was dropped.
    await world.service.transaction((tx) => world.lifeCycle.remove(tx, removed));

    const events: KmsEvent[] = [];
    const databases = await test.reopen();
    const next = await openWorld(databases, unsealKey, noSeed);
    await sweepWorld(databases, next, (event) => void events.push(event));
    expect(events).toEqual([{ type: 'leftovers-removed', tenants: 1, databases: 2 }]);
    const rows = await world.service.db.selectFrom('kms_tenants').select(['id', 'schema_name']).execute();
    expect(rows.map(({ id }) => id)).toEqual([kept.id]);
    expect(await databases.names()).toEqual(['service', rows[0]?.schema_name]);
    await sweepWorld(databases, next, (event) => void events.push(event));
    expect(events).toHaveLength(1);
  });
});
