import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { objectOf } from '#infra/audit/lines.ts';
import type { AuditTables } from '#kms/database/audit.table.ts';
import { auditMigrations } from '#kms/database/migrations.ts';
import { auditedKms, exportOf, verdictOf } from '#test/support/audited-kms.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';

/** A position whose ledger is older than every real one. */
const at = (revision: number) => ({ ledger: '01900000-0000-7000-8000-000000000000', revision, tag: `v1.${revision}` });

const revisionsIn = (lines: readonly string[]) =>
  lines.map((line) => objectOf(line) ?? {}).flatMap(({ revisions }) => (revisions === undefined ? [] : [revisions]));

const recalled = async (of: Pick<Awaited<ReturnType<typeof auditedKms>>, 'again'>, owner: string) => {
  await using next = await of.again();
  await next.audit.recallRevisions({ acceptOlder: false });
  return { position: next.revisions.of(owner), events: next.events };
};

const auditDatabase = ({ databases }: TestDatabases) => databases.open<AuditTables>('audit', auditMigrations);

describe.each(databaseKinds())('The signed heads of the audit on %s', (kind) => {
  it('say how far the database of a tenant has come, once for each change, and the export holds', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit, revisions } = audited;
    const make = () => keys.elasticKeys.create(kms.caller, { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' });
    await make();
    await audit.head();
    await audit.head();
    const first = revisions.of(kms.tenantId);
    await make();
    const lines = await exportOf(audit);
    const second = revisions.of(kms.tenantId);
    expect(second?.revision).toBeGreaterThan(first?.revision ?? Number.POSITIVE_INFINITY);
    expect(revisionsIn(lines)).toEqual([[{ owner: kms.tenantId, ...first }], [{ owner: kms.tenantId, ...second }]]);
    expect(verdictOf(lines)).toMatchObject({ holds: true, faults: [] });
    expect((await recalled(audited, kms.tenantId)).position).toEqual(second);
  });

  it('say it too where nothing that has a record was done, and in a chain of its own where there is none', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { audit, revisions } = audited;
    revisions.saw('service', at(7));
    expect(objectOf((await audit.head()).line ?? '')).toMatchObject({ seq: 0, revisions: [{ owner: 'service', ...at(7) }] });
    revisions.saw('service', at(8));
    expect(objectOf((await audit.head()).line ?? '')).toMatchObject({ seq: 0, revisions: [{ owner: 'service', ...at(8) }] });
    expect((await recalled(audited, 'service')).position).toEqual(at(8));
    expect(verdictOf(await exportOf(audit))).toMatchObject({ holds: true, faults: [] });
  });

  it('name at most 500 databases each, and the others next time', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { audit, revisions } = audited;
    const owners = Array.from({ length: 501 }, () => randomUUID());
    for (const owner of owners) revisions.saw(owner, at(1));
    await audit.head();
    await audit.head();
    const named = revisionsIn(await exportOf(audit)) as unknown as readonly { readonly owner: string }[][];
    expect(named.map(({ length }) => length)).toEqual([500, 1]);
    expect(new Set(named.flat().map(({ owner }) => owner))).toEqual(new Set(owners));
  });

  it('of a replica that saw less do not hide what another one signed', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const owner = randomUUID();
    audited.revisions.saw(owner, at(9));
    await audited.audit.head();
    await using slower = await audited.again();
    slower.revisions.saw(owner, at(4));
    await slower.audit.head();
    expect((await recalled(audited, owner)).position).toEqual(at(9));
  });

  it('count only as the KMS signed them: a changed one is told, and says nothing', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const owner = randomUUID();
    audited.revisions.saw(owner, at(9));
    await audited.audit.head();
    await using database = await auditDatabase(databases);
    const { chain, part, lines } = await database.db.selectFrom('audit_parts').selectAll().where('part', '=', 1).executeTakeFirstOrThrow();
    const forged = lines.replace('"revision":9', '"revision":3');
    expect(forged).not.toBe(lines);
    await database.db.updateTable('audit_parts').set({ lines: forged }).where('chain', '=', chain).where('part', '=', part).execute();
    const { position, events } = await recalled(audited, owner);
    expect(position).toBeUndefined();
    expect(events).toContainEqual(expect.objectContaining({ type: 'audit-damaged', chain }));
  });

  it('are forgotten where an operator says so, and tell of how many databases', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const owner = randomUUID();
    audited.revisions.saw(owner, at(9));
    await audited.audit.head();
    {
      await using told = await audited.again();
      await told.audit.recallRevisions({ acceptOlder: true });
      expect(told.events).toContainEqual({ type: 'older-databases-accepted', owners: 1 });
      told.revisions.saw(owner, at(3));
    }
    expect((await recalled(audited, owner)).position).toEqual(at(3));
  });

  it('say nothing of a database that only a file tells of, until it was seen', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { audit, revisions } = audited;
    revisions.learn('service', at(7));
    await audit.head();
    expect(revisionsIn(await exportOf(audit))).toEqual([]);
    revisions.saw('service', at(7));
    expect(objectOf((await audit.head()).line ?? '')).toMatchObject({ revisions: [{ owner: 'service', ...at(7) }] });
  });
});
