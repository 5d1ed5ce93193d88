import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import { describe, expect, it } from 'vitest';
import { createRoles } from '#kms/access/roles.ts';
import { NEW_USER } from '#kms/database/realm-users.table.ts';
import { createDatabaseRealm } from '#kms/access/realms/realm-users.store.ts';
import type { ElasticKeyRow } from '#kms/database/elastic-keys.table.ts';
import type { MaterialKeyRow } from '#kms/database/material-keys.table.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { createRevisions } from '#kms/integrity/ledger/revisions.ts';
import { withLedger } from '#kms/integrity/with-ledger.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { openService, type TestKms, testKms } from '#test/support/kms-keys.ts';
import { rowsWithoutBarrier } from '#test/support/row-integrity.ts';
import { writeServiceRows, writeTenantRow } from '#test/support/written-rows.ts';

const plaintext = () => new TextEncoder().encode(randomUUIDv7());
const damaged = (table: string) => ({ code: 'row-damaged', status: 503, message: expect.stringContaining(`of ${table}`) as string });
const rolledBack = { code: 'database-rolled-back', status: 503 };

/** All that a tenant's database holds, to be put back later by its owner. */
const copyOf = async (from: Kysely<TenantTables>, db = from) => {
  const [elastic, versions, ledger] = [
    await from.selectFrom('elastic_keys').selectAll().execute(),
    await from.selectFrom('material_keys').selectAll().execute(),
    await from.selectFrom('row_ledger').selectAll().execute(),
  ];
  return {
    ledger,
    putBack: async () => {
      await db.deleteFrom('material_keys').execute();
      await db.deleteFrom('elastic_keys').execute();
      await db.deleteFrom('row_ledger').execute();
      await db.insertInto('elastic_keys').values(elastic).execute();
      await db.insertInto('material_keys').values(versions).execute();
      await db.insertInto('row_ledger').values(ledger).execute();
    },
  };
};

const setUp = async (kms: TestKms) => {
  const { id } = await kms.make('A256GCM/A256KW');
  const { db } = await kms.database(kms.tenantId);
  const elastic = () => db.selectFrom('elastic_keys').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const version = () => db.selectFrom('material_keys').selectAll().where('elastic_key_id', '=', id).executeTakeFirstOrThrow();
  return {
    id,
    db,
    elastic,
    version,
    putElastic: (row: ElasticKeyRow) => db.updateTable('elastic_keys').set(row).where('id', '=', row.id).execute(),
    putVersion: (row: MaterialKeyRow) => db.updateTable('material_keys').set(row).where('id', '=', row.id).execute(),
    suspend: () => kms.elasticKeys.change(kms.caller, id, { state: 'suspended' }),
  };
};

describe.each(databaseKinds())('Who puts back an older row of the KMS on %s', (kind) => {
  it('does not make a suspended key active, in this process or in a new one, and blocks no other key', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id, elastic, putElastic, suspend } = await setUp(kms);
    const other = await kms.make('A256GCM/A256KW');
    const active = await elastic();
    await suspend();
    await putElastic(active);
    for (const { crypto, elasticKeys, caller } of [kms, await kms.replica()]) {
      await expect(crypto.encrypt(caller, id, { plaintext: plaintext() })).rejects.toMatchObject(damaged('elastic_keys'));
      await expect(elasticKeys.read(caller, id)).rejects.toMatchObject(damaged('elastic_keys'));
      await expect(elasticKeys.list(caller)).rejects.toMatchObject(damaged('elastic_keys'));
      await expect(elasticKeys.change(caller, id, { description: 'his' })).rejects.toMatchObject(damaged('elastic_keys'));
      await expect(crypto.encrypt(caller, other.id, { plaintext: plaintext() })).resolves.toHaveProperty('jwe');
    }
    expect(kms.events).toEqual([{ type: 'row-damaged', table: 'elastic_keys', id, tenantId: kms.tenantId }]);
  });

  it('does not set the count of protections back', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id, version, putVersion } = await setUp(kms);
    const unused = await version();
    await kms.crypto.encrypt(kms.caller, id, { plaintext: plaintext() });
    await putVersion(unused);
    const { crypto, caller } = await kms.replica();
    await expect(crypto.encrypt(caller, id, { plaintext: plaintext() })).rejects.toMatchObject(damaged('material_keys'));
  });

  it('gains nothing by the page of the ledger on which the row stood, nor by taking the ledger away', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id, db, elastic, putElastic, suspend } = await setUp(kms);
    const [active, { ledger }] = [await elastic(), await copyOf(db)];
    await suspend();
    await putElastic(active);
    for (const page of ledger.filter((row) => row.id !== 'head')) {
      await db.updateTable('row_ledger').set(page).where('id', '=', page.id).execute();
    }
    const { elasticKeys, caller } = await kms.replica();
    await expect(elasticKeys.read(caller, id)).rejects.toMatchObject(damaged('row_ledger'));
    await db.deleteFrom('row_ledger').where('id', '!=', 'head').execute();
    await expect(elasticKeys.read(caller, id)).rejects.toMatchObject(damaged('row_ledger'));
    await db.deleteFrom('row_ledger').execute();
    await expect(elasticKeys.read((await kms.replica()).caller, id)).rejects.toMatchObject(rolledBack);
    const { elasticKeys: fresh, caller: again } = await kms.replica();
    await expect(fresh.read(again, id)).rejects.toMatchObject(damaged('elastic_keys'));
  });

  it('makes no head or page of his own', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id, db } = await setUp(kms);
    const { putBack } = await copyOf(db);
    for (const change of [{ revision: 900 }, { stamp: randomUUIDv7() }, { entries: '{}' }, { tag: 'v1.AAAA' }]) {
      for (const rows of ['head', 'pages'] as const) {
        const set = db.updateTable('row_ledger').set(change);
        await (rows === 'head' ? set.where('id', '=', 'head') : set.where('id', '!=', 'head')).execute();
        const { elasticKeys, caller } = await kms.replica();
        await expect(elasticKeys.read(caller, id), JSON.stringify([rows, change])).rejects.toMatchObject(damaged('row_ledger'));
        await putBack();
      }
    }
    await expect(kms.elasticKeys.read(kms.caller, id)).resolves.toMatchObject({ id });
  });

  it('does not bring a user back who was removed, nor the password that he had before', async () => {
    await using test = await withDatabases(kind);
    const { db } = await openService(test.databases);
    const rows = rowsWithoutBarrier();
    const tenantId = randomUUID();
    const user = rows.of(tenantId).first('kms_realm_users', {
      id: randomUUIDv7(),
      username: `user-${randomUUIDv7()}`,
      password_hash: 'of the first',
      tenant_id: tenantId,
      roles: '["user"]',
      demo: 0,
      created_at: 1,
      ...NEW_USER,
    });
    const { find } = createDatabaseRealm(db, rows, { roles: createRoles(), demo: false });
    await writeServiceRows(db, rows, 'kms_realm_users', user);
    const changed = rows.of(tenantId).next('kms_realm_users', user, { password_hash: 'of the second' });
    await writeServiceRows(db, rows, 'kms_realm_users', changed);
    await db.updateTable('kms_realm_users').set(user).where('id', '=', user.id).execute();
    await expect(find(user.username)).rejects.toMatchObject(damaged('kms_realm_users'));
    await rows.service.remove('kms_realm_users', db, async (tx) => {
      await tx.deleteFrom('kms_realm_users').where('id', '=', user.id).execute();
      return [user.id];
    });
    expect(await find(user.username)).toBeUndefined();
    for (const row of [user, changed]) {
      await db.insertInto('kms_realm_users').values(row).execute();
      await expect(find(user.username)).rejects.toMatchObject(damaged('kms_realm_users'));
      await db.deleteFrom('kms_realm_users').execute();
    }
  });
});

describe.each(databaseKinds())('Who puts back the whole database of a tenant on %s', (kind) => {
  it('is refused by every process that saw it later, also where its change was not read again', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id, db, suspend } = await setUp(kms);
    const { putBack } = await copyOf(db);
    await suspend();
    await putBack();
    await expect(kms.crypto.encrypt(kms.caller, id, { plaintext: plaintext() })).rejects.toMatchObject(rolledBack);
    await expect(kms.elasticKeys.read(kms.caller, id)).rejects.toMatchObject(rolledBack);
    await expect(kms.elasticKeys.create(kms.caller, { name: `key-${randomUUIDv7()}`, algorithm: 'ES256' })).rejects.toMatchObject(
      rolledBack,
    );
    expect(kms.events).toEqual([
      { type: 'database-rolled-back', owner: kms.tenantId, message: expect.stringContaining(kms.tenantId) as string },
    ]);
    expect(kms.rows.damaged()).toEqual([{ table: 'row_ledger', id: kms.tenantId, tenantId: kms.tenantId }]);
    await expect(kms.elasticKeys.list(kms.otherCaller)).resolves.toMatchObject({ items: [] });
  });

  it('is refused by a new process that knows how far it had come, and by none that does not', async () => {
    await using test = await withDatabases(kind);
    const revisions = createRevisions();
    const kms = await testKms(test, revisions);
    const { id, db, suspend } = await setUp(kms);
    const { putBack } = await copyOf(db);
    await suspend();
    const knowing = await kms.replica(createRevisions(revisions.all()));
    await expect(knowing.elasticKeys.read(knowing.caller, id)).resolves.toMatchObject({ state: 'suspended' });
    await putBack();
    const again = await kms.replica(createRevisions(revisions.all()));
    await expect(again.elasticKeys.read(again.caller, id)).rejects.toMatchObject(rolledBack);
    const { elasticKeys, caller } = await kms.replica();
    await expect(elasticKeys.read(caller, id)).resolves.toMatchObject({ state: 'active' });
  });
});

describe.each(databaseKinds())('Who undoes on %s what the KMS has committed', (kind) => {
  it('is found out by the first who reads, although the transaction seemed to end well', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id, db } = await setUp(kms);
    const { putBack } = await copyOf(db);
    const real = await kms.database(kms.tenantId);
    const undone: typeof real = {
      ...real,
      transaction: async (run) => {
        const result = await real.transaction(run);
        await putBack();
        return result;
      },
    };
    const caller = { ...kms.caller, tenant: { ...kms.caller.tenant, database: async () => undone } };
    await kms.elasticKeys.change(caller, id, { state: 'suspended' });
    await expect(kms.crypto.encrypt(kms.caller, id, { plaintext: plaintext() })).rejects.toMatchObject(rolledBack);
  });

  it('cannot put in its place what another transaction wrote that was never committed', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id, db, suspend, elastic } = await setUp(kms);
    const other = await kms.make('A256KW');
    const rows = kms.rows.of(kms.tenantId);
    const { transaction } = withLedger(await kms.database(kms.tenantId), rows);
    let uncommitted: Awaited<ReturnType<typeof copyOf>> | undefined;
    const cutOff = transaction(async (tx) => {
      const before = await tx.selectFrom('elastic_keys').selectAll().where('id', '=', other.id).executeTakeFirstOrThrow();
      await writeTenantRow(tx, rows, 'elastic_keys', rows.next('elastic_keys', before, { description: 'never' }));
      await rows.ends(tx);
      uncommitted = await copyOf(tx, db);
      throw new Error('cut off');
    });
    await expect(cutOff).rejects.toThrow('cut off');
    const { row_revision: revision } = await elastic();
    await suspend();
    expect((await elastic()).row_revision).toBe(revision + 1);
    await uncommitted?.putBack();
    expect((await elastic()).state).toBe('active');
    await expect(kms.crypto.encrypt(kms.caller, id, { plaintext: plaintext() })).rejects.toMatchObject(rolledBack);
  });
});

describe.each(databaseKinds())('The ledger on %s', (kind) => {
  it('is as it was after a change that was refused', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id, db } = await setUp(kms);
    const [{ name }, { ledger: before }] = [await kms.elasticKeys.read(kms.caller, id), await copyOf(db)];
    await expect(kms.elasticKeys.create(kms.caller, { name, algorithm: 'ES256' })).rejects.toMatchObject({
      code: 'elastic-key-name-taken',
    });
    expect((await copyOf(db)).ledger).toEqual(before);
    await expect(kms.elasticKeys.read(kms.caller, id)).resolves.toMatchObject({ name });
  });

  it('lets readers and writers of two processes go on at once, and nobody is refused', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const replica = await kms.replica();
    const keys = [await kms.make('A256GCM/A256KW'), await kms.make('A256GCM/A256KW')];
    const work = Array.from({ length: 16 }, async (_, index) => {
      const { elasticKeys, materialKeys, caller } = index % 2 === 0 ? kms : replica;
      const id = keys[index % 4 < 2 ? 0 : 1]?.id ?? '';
      await materialKeys.rotate(caller, id);
      await elasticKeys.read(caller, id);
      await elasticKeys.change(caller, id, { description: `${index}` });
      await elasticKeys.list(caller);
      await materialKeys.list(caller, id);
    });
    await Promise.all(work);
    expect((await kms.elasticKeys.list(kms.caller)).items.map(({ latestVersion }) => latestVersion)).toEqual([9, 9]);
    expect(kms.events).toEqual([]);
  });
});
