import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { ElasticKeyRow } from '#kms/database/elastic-keys.table.ts';
import type { MaterialKeyRow } from '#kms/database/material-keys.table.ts';
import { createRowIntegrity } from '#kms/integrity/create-row-integrity.ts';
import { createKeys } from '#kms/keys/keys.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import { insufficientScope } from '#test/support/kms-caller.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';
import { writeTenantRow } from '#test/support/written-rows.ts';

const plaintext = () => new TextEncoder().encode(randomUUIDv7());
const damaged = (table: string, id: string) => ({
  code: 'row-damaged',
  status: 503,
  message: expect.stringMatching(new RegExp(`${id} of ${table}`)) as string,
});

/** The hand of one who can write to the database and has no unseal share. */
const owner = async (kms: TestKms, tenantId = kms.tenantId) => {
  const { db } = await kms.database(tenantId);
  return {
    db,
    elastic: (id: string) => db.selectFrom('elastic_keys').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    versions: (id: string) => db.selectFrom('material_keys').selectAll().where('elastic_key_id', '=', id).orderBy('version').execute(),
    setElastic: (id: string, change: Partial<ElasticKeyRow>) => db.updateTable('elastic_keys').set(change).where('id', '=', id).execute(),
    setVersion: (id: string, change: Partial<MaterialKeyRow>) => db.updateTable('material_keys').set(change).where('id', '=', id).execute(),
  };
};

/** What he did is seen by a process that has nothing in memory. */
const seenBy = async (kms: TestKms) => kms.replica();

describe.each(databaseKinds())('Who can write to the database of a tenant on %s', (kind) => {
  it('does not open what a raised min_decryption_version closed', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id } = await kms.make('A256GCM/A256KW');
    const { jwe } = await kms.crypto.encrypt(kms.caller, id, { plaintext: plaintext() });
    await kms.materialKeys.rotate(kms.caller, id);
    await kms.elasticKeys.change(kms.caller, id, { minDecryptionVersion: 2 });
    await (await owner(kms)).setElastic(id, { min_decryption_version: 1 });
    const { crypto, caller } = await seenBy(kms);
    await expect(crypto.decrypt(caller, id, { jwe })).rejects.toMatchObject(damaged('elastic_keys', id));
  });

  it('does not make a suspended key active, and nobody does by a change on top of his', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id } = await kms.make('A256GCM/A256KW');
    await kms.elasticKeys.change(kms.caller, id, { state: 'suspended' });
    await (await owner(kms)).setElastic(id, { state: 'active' });
    const { crypto, elasticKeys, materialKeys, caller } = await seenBy(kms);
    const refused = damaged('elastic_keys', id);
    await expect(crypto.encrypt(caller, id, { plaintext: plaintext() })).rejects.toMatchObject(refused);
    await expect(elasticKeys.read(caller, id)).rejects.toMatchObject(refused);
    await expect(elasticKeys.change(caller, id, { description: 'mended' })).rejects.toMatchObject(refused);
    await expect(materialKeys.rotate(caller, id)).rejects.toMatchObject(refused);
  });

  it.runIf(kind === 'postgres')('gets no key in the place of another by an operator = of his own, which finds what he likes', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const [suspended, active] = [await kms.make('A256GCM/A256KW'), await kms.make('A256GCM/A256KW')];
    await kms.elasticKeys.change(kms.caller, suspended.id, { state: 'suspended' });
    const { db } = await owner(kms);
    const schema = `lies_${randomUUIDv7().replaceAll('-', '')}`;
    const { rows } = await sql<{ path: string }>`select current_setting('search_path') as path`.execute(db);
    expect(rows[0]?.path).toContain('public');
    await sql`create function public.${sql.id(schema)}(varchar, varchar) returns boolean language sql as ${sql.lit(
      `select $1::text = '${active.id}'`,
    )}`.execute(db);
    await sql`create operator public.= (leftarg = varchar, rightarg = varchar, function = public.${sql.id(schema)})`.execute(db);
    try {
      await db.schema
        .alterTable('elastic_keys')
        .alterColumn('id', (column) => column.setDataType('varchar'))
        .execute();
      const { crypto, elasticKeys, caller } = await seenBy(kms);
      const refused = damaged('elastic_keys', active.id);
      await expect(crypto.encrypt(caller, suspended.id, { plaintext: plaintext() })).rejects.toMatchObject(refused);
      await expect(elasticKeys.read(caller, suspended.id)).rejects.toMatchObject(refused);
      await expect(elasticKeys.change(caller, suspended.id, { description: 'his' })).rejects.toMatchObject(refused);
    } finally {
      await sql`drop operator public.= (varchar, varchar)`.execute(db);
      await sql`drop function public.${sql.id(schema)}(varchar, varchar)`.execute(db);
    }
  });

  it('does not have a compromised version protect again by swapping two version numbers', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id } = await kms.make('A256GCM/A256KW');
    await kms.materialKeys.rotate(kms.caller, id);
    const hand = await owner(kms);
    const [first, second] = (await hand.versions(id)) as [MaterialKeyRow, MaterialKeyRow];
    await hand.setVersion(first.id, { version: 99 });
    await hand.setVersion(second.id, { version: 1, state: 'deactivated' });
    await hand.setVersion(first.id, { version: 2, state: 'active' });
    const { crypto, materialKeys, caller } = await seenBy(kms);
    await expect(crypto.encrypt(caller, id, { plaintext: plaintext() })).rejects.toMatchObject(damaged('material_keys', first.id));
    await expect(materialKeys.read(caller, id, second.id)).rejects.toMatchObject(damaged('material_keys', second.id));
  });

  it('does not have an older version protect by taking the newest away', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id } = await kms.make('A256GCM/A256KW');
    const { id: newest } = await kms.materialKeys.rotate(kms.caller, id);
    await (await owner(kms)).db.deleteFrom('material_keys').where('id', '=', newest).execute();
    const { crypto, caller } = await seenBy(kms);
    await expect(crypto.encrypt(caller, id, { plaintext: plaintext() })).rejects.toMatchObject(damaged('elastic_keys', id));
  });

  it('does not have a key inherit the scopes of another by taking away who gave its name up', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const algorithm = 'A256GCM/A256KW';
    const { caller } = kms;
    const [name, taken] = [`key-${randomUUIDv7()}`, `key-${randomUUIDv7()}`];
    for (const former of [name, taken]) {
      const { id } = await kms.elasticKeys.create(caller, { name: former, algorithm });
      await kms.elasticKeys.change(caller, id, { name: `former-${former}` });
    }
    const heir = await kms.elasticKeys.create(caller, { name: taken, algorithm });
    const other = await kms.make(algorithm);
    expect(heir.nameTakenOver).toBe(true);
    await (await owner(kms)).db.deleteFrom('former_names').where('id', 'in', [name, taken]).execute();
    const { elasticKeys } = await seenBy(kms);
    await expect(elasticKeys.create(caller, { name, algorithm })).rejects.toMatchObject(damaged('former_names', name));
    await expect(elasticKeys.change(caller, other.id, { name })).rejects.toMatchObject(damaged('former_names', name));
    // It would become the first that had the name.
    await expect(elasticKeys.change(caller, heir.id, { name: `next-${taken}` })).rejects.toMatchObject(damaged('former_names', taken));
    expect(await elasticKeys.read(caller, heir.id)).toMatchObject({ name: taken, nameTakenOver: true });
  });

  it('does not have decrypt open what only unwrap may, by making a wrapping key one that encrypts', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id } = await kms.make('A256KW');
    const { jwe } = await kms.crypto.wrap(kms.caller, id, { key: new Uint8Array(32) });
    await (await owner(kms)).setElastic(id, { algorithm: 'A256GCM/A256KW', operations: '["encrypt","decrypt"]' });
    const { crypto, caller } = await seenBy(kms);
    await expect(crypto.decrypt(caller, id, { jwe })).rejects.toMatchObject(damaged('elastic_keys', id));
  });

  it('could not do so with right tags in the ledger either: key material says what it is for, and which version it is', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const rows = kms.rows.of(kms.tenantId);
    const [{ id: wrapping }, { id }] = [await kms.make('A256KW'), await kms.make('A256GCM/A256KW')];
    await kms.materialKeys.rotate(kms.caller, id);
    const hand = await owner(kms);
    const flipped = { algorithm: 'A256GCM/A256KW', operations: '["encrypt","decrypt"]' };
    await writeTenantRow(hand.db, rows, 'elastic_keys', rows.next('elastic_keys', await hand.elastic(wrapping), flipped));
    const [first, second] = (await hand.versions(id)) as [MaterialKeyRow, MaterialKeyRow];
    await hand.setVersion(first.id, { version: 99 });
    await writeTenantRow(hand.db, rows, 'material_keys', rows.next('material_keys', second, { version: 1 }));
    await writeTenantRow(hand.db, rows, 'material_keys', rows.next('material_keys', first, { version: 2 }));
    const { crypto, caller } = await seenBy(kms);
    for (const key of [wrapping, id]) {
      await expect(crypto.encrypt(caller, key, { plaintext: plaintext() })).rejects.toMatchObject({ code: 'key-material-damaged' });
    }
  });

  it('does not set the count of protections back', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id } = await kms.make('A256GCM/A256KW');
    await kms.crypto.encrypt(kms.caller, id, { plaintext: plaintext() });
    const hand = await owner(kms);
    const [version] = (await hand.versions(id)) as [MaterialKeyRow];
    await hand.setVersion(version.id, { protections_reserved: 0 });
    const { crypto, caller } = await seenBy(kms);
    await expect(crypto.encrypt(caller, id, { plaintext: plaintext() })).rejects.toMatchObject(damaged('material_keys', version.id));
  });

  it('does not pass a tag on: from another row, from another tenant, from a row that he made himself', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const [{ id }, { id: sibling }] = [await kms.make('A256GCM/A256KW'), await kms.make('A256GCM/A256KW')];
    const foreign = await kms.make('A256GCM/A256KW', { caller: kms.otherCaller });
    const [hand, elsewhere] = [await owner(kms), await owner(kms, kms.otherTenantId)];
    const tagOf = ({ row_tag, row_revision }: ElasticKeyRow) => ({ row_tag, row_revision });
    const { elasticKeys, caller } = await seenBy(kms);
    for (const tag of [tagOf(await hand.elastic(sibling)), tagOf(await elsewhere.elastic(foreign.id)), { row_tag: null }]) {
      await hand.setElastic(id, tag);
      await expect(elasticKeys.read(caller, id)).rejects.toMatchObject(damaged('elastic_keys', id));
    }
    const stolen = await elsewhere.elastic(foreign.id);
    await hand.db.insertInto('elastic_keys').values(stolen).execute();
    await expect(elasticKeys.read(caller, stolen.id)).rejects.toMatchObject(damaged('elastic_keys', stolen.id));
  });

  it('fails a list by one row, which is named, and hides nothing by it', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const [, { id }] = [await kms.make('ES256'), await kms.make('ES256')];
    const { id: versionId } = await kms.materialKeys.rotate(kms.caller, id);
    const hand = await owner(kms);
    await hand.setVersion(versionId, { state: 'deactivated' });
    await expect(kms.materialKeys.list(kms.caller, id)).rejects.toMatchObject(damaged('material_keys', versionId));
    await expect(kms.materialKeys.jwks(kms.caller, id)).rejects.toMatchObject(damaged('material_keys', versionId));
    await hand.setElastic(id, { description: 'changed' });
    await expect(kms.elasticKeys.list(kms.caller)).rejects.toMatchObject(damaged('elastic_keys', id));
    expect(kms.events).toEqual([
      { type: 'row-damaged', table: 'material_keys', id: versionId, tenantId: kms.tenantId },
      { type: 'row-damaged', table: 'elastic_keys', id, tenantId: kms.tenantId },
    ]);
    expect((await kms.elasticKeys.list(kms.otherCaller)).items).toEqual([]);
  });

  it('costs nobody anything who uses a key that is in memory: its rows are checked when they are read', async () => {
    await using test = await withDatabases(kind);
    const { barrier, caller, clock, make } = await testKms(test);
    let checks = 0;
    const rowKey: typeof barrier.rowKey = (tenantId) => {
      checks += 1;
      return barrier.rowKey(tenantId);
    };
    const rows = createRowIntegrity({ barrier: { ...barrier, rowKey } });
    const now = () => clock.now;
    const { crypto } = createKeys({ barrier, rows, insufficientScope, now, elapsed: () => clock.elapsed });
    const { id } = await make('A256GCM/A256KW');
    const { jwe } = await crypto.encrypt(caller, id, { plaintext: plaintext() });
    expect(checks).toBeGreaterThan(0);
    const before = checks;
    for (let turn = 0; turn < 50; turn += 1) {
      await crypto.encrypt(caller, id, { plaintext: plaintext() });
      await crypto.decrypt(caller, id, { jwe });
    }
    expect(checks).toBe(before);
    clock.elapsed += LEASE_MS;
    await crypto.encrypt(caller, id, { plaintext: plaintext() });
    expect(checks).toBeGreaterThan(before);
  });

  it('does not profit from changes at once: each of many holds, and the row has a good tag after them', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    const { id } = await kms.make('A256GCM/A256KW');
    const replica = await kms.replica();
    const changes = Array.from({ length: 12 }, (_, index) =>
      index % 2 === 0
        ? kms.materialKeys.rotate(kms.caller, id)
        : replica.elasticKeys.change(replica.caller, id, { description: `change ${index}` }),
    );
    await Promise.all(changes);
    expect(await kms.elasticKeys.read(kms.caller, id)).toMatchObject({ latestVersion: 7 });
    expect((await (await owner(kms)).elastic(id)).row_revision).toBe(13);
    expect((await kms.materialKeys.list(kms.caller, id)).items.map(({ state }) => state)).toEqual([
      'active',
      ...Array<string>(6).fill('deactivated'),
    ]);
  });
});
