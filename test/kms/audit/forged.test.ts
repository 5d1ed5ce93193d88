import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#infra/audit/canonical-json.ts';
import { hashOf, objectOf } from '#infra/audit/lines.ts';
import type { AuditTables } from '#kms/database/audit.table.ts';
import { auditMigrations } from '#kms/database/migrations.ts';
import { type AuditedKms, auditedKms, exportOf, verdictOf } from '#test/support/audited-kms.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';

const HOUR_MS = 3_600_000;

/** The database of the audit, as its owner has it. */
const ownerOf = ({ databases }: TestDatabases) => databases.open<AuditTables>('audit', auditMigrations);
type Owner = Awaited<ReturnType<typeof ownerOf>>;

const closeAbandoned = async ({ kms, audit }: Pick<AuditedKms, 'kms' | 'audit'>) => {
  kms.clock.now += HOUR_MS;
  await audit.jobs.find(({ name }) => name === 'audit-abandoned-chains')?.run(new AbortController().signal);
};

const NO_HEAD = { part: -1, seq: -1, hash: '', indexed_part: -1, ended: 0 };

/** Puts a chain there whose one act is by a subject who did nothing, and says in the index where it is. */
const forgeChain = async ({ db }: Owner, { kms }: Pick<AuditedKms, 'kms'>, tag: string | null) => {
  const [id, at, tenant] = [randomUUIDv7(), kms.clock.now, kms.tenantId];
  const begin = canonicalJson({ at, chain: id, follows: [], kind: 'begin', seq: 0, v: 1 });
  const who = { credential: 'realm-user', subject: 'nobody', tenant };
  const previous = hashOf(begin);
  const act = canonicalJson({ action: 'encrypt', at, chain: id, kind: 'act', outcome: 'done', previous, seq: 1, v: 1, ...who });
  await db
    .insertInto('audit_chains')
    .values({ id, ...NO_HEAD, at })
    .execute();
  for (const [part, lines] of [begin, act].entries())
    await db.insertInto('audit_parts').values({ chain: id, part, last_seq: part, lines, tag }).execute();
  const place = { at, from_at: at, chain: id, first_part: 0, last_part: 1 };
  await db
    .insertInto('audit_index')
    .values({ tenant_id: tenant, facet: 'actor', value: 'nobody', ...place })
    .execute();
  return id;
};

describe.each(databaseKinds())('who owns the database of the audit on %s', (kind) => {
  it.each([
    ['without tags', () => null],
    ['with tags that he copied', (tag: string | null) => tag],
  ])('gets no chain signed, promised or shown that he made %s', async (_, tagOf) => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit, events } = audited;
    await keys.elasticKeys.list(kms.caller);
    await audit.head();
    await using owner = await ownerOf(databases);
    const { tag } = await owner.db.selectFrom('audit_parts').select('tag').executeTakeFirstOrThrow();
    expect(tag).toMatch(/^v1\./);
    const id = await forgeChain(owner, audited, tagOf(tag));
    expect((await audit.entries.list(kms.tenantId, { actor: 'nobody' }, {})).items).toEqual([]);
    await closeAbandoned(audited);
    await closeAbandoned(audited);
    expect(events.map(({ type }) => type)).toEqual(['audit-damaged']);
    const lines = await exportOf(audit);
    expect(verdictOf(lines).chains.find(({ chain }) => chain === id)).toMatchObject({ signed: null, end: 'open' });
    // Though its row says that it has come to a head.
    const hash = hashOf(lines.find((line) => line.includes('nobody')) ?? '');
    await owner.db.updateTable('audit_chains').set({ part: 1, seq: 1, hash, ended: 1 }).where('id', '=', id).execute();
    expect((await audit.export.begin()).line).not.toContain(id);
    await audit[Symbol.asyncDispose]();
    await using next = await audited.again();
    await next.keys.elasticKeys.list(kms.caller);
    const begins = (await exportOf(next.audit)).filter((line) => objectOf(line)?.['kind'] === 'begin');
    expect(begins.filter((line) => JSON.stringify(objectOf(line)?.['follows']).includes(id))).toEqual([]);
  });

  it('gets no chain signed anew that he opened again and wrote as he likes', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    for (const subject of ['one', 'thief', 'two']) await keys.elasticKeys.list({ ...kms.caller, subject });
    await audit[Symbol.asyncDispose]();
    await using owner = await ownerOf(databases);
    const { db } = owner;
    const parts = await db.selectFrom('audit_parts').selectAll().orderBy('part').execute();
    let previous: string | undefined;
    for (const row of parts.slice(0, -1)) {
      const line = objectOf(row.lines.replace('thief', 'saint')) ?? {};
      const lines = canonicalJson(previous === undefined ? line : { ...line, previous });
      previous = hashOf(lines);
      await db.updateTable('audit_parts').set({ lines }).where('part', '=', row.part).execute();
    }
    await db
      .deleteFrom('audit_parts')
      .where('part', '=', parts.length - 1)
      .execute();
    await db
      .updateTable('audit_chains')
      .set({ ...NO_HEAD, at: 0 })
      .execute();
    await db.deleteFrom('audit_index').execute();
    await using next = await audited.again();
    expect(next.events).toMatchObject([{ type: 'audit-damaged', seq: 2 }]);
    const lines = await exportOf(next.audit);
    expect(lines.join()).toContain('saint');
    expect(verdictOf(lines)).toMatchObject({ holds: false });
    expect((await next.audit.entries.list(kms.tenantId, {}, {})).items.map(({ subject }) => subject)).toEqual(['one']);
  });

  it('does not get a tenant to see a record that he changed, and the log says so', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit, events } = audited;
    for (const subject of ['one', 'two']) await keys.elasticKeys.list({ ...kms.caller, subject });
    await audit.head();
    await using owner = await ownerOf(databases);
    const row = await owner.db.selectFrom('audit_parts').selectAll().where('part', '=', 2).executeTakeFirstOrThrow();
    const lines = row.lines.replace('elastic-key.list', 'elastic-key.read');
    await owner.db.updateTable('audit_parts').set({ lines }).where('part', '=', 2).execute();
    expect((await audit.entries.list(kms.tenantId, {}, {})).items.map(({ subject }) => subject)).toEqual(['one']);
    expect(events).toEqual([{ type: 'audit-damaged', chain: row.chain, seq: 2 }]);
  });

  it('gets no head promised that is none: the export says how far a chain had come as its signed head does', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    await audited.keys.elasticKeys.list(audited.kms.caller);
    await audited.audit[Symbol.asyncDispose]();
    await using owner = await ownerOf(databases);
    const { hash } = await owner.db.selectFrom('audit_chains').select('hash').executeTakeFirstOrThrow();
    await owner.db
      .updateTable('audit_chains')
      .set({ seq: 7, hash: hashOf('mine') })
      .execute();
    await using next = await audited.again();
    expect(objectOf((await next.audit.export.begin()).line)?.['heads']).toMatchObject([{ seq: 1, hash }]);
  });
});

describe.each(databaseKinds())('records that are written while the KMS is sealed on %s', (kind) => {
  it('are in a chain of their own, which is tagged, shown and ended once it is unsealed', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit, events } = audited;
    await keys.elasticKeys.list(kms.caller);
    kms.barrier.seal();
    for (let act = 0; act < 3; act += 1) await expect(keys.elasticKeys.list(kms.caller)).rejects.toMatchObject({ code: 'sealed' });
    await kms.barrier.unseal(kms.unsealKey);
    await keys.elasticKeys.list(kms.caller);
    await closeAbandoned(audited);
    expect(events).toEqual([]);
    expect(verdictOf(await exportOf(audit))).toMatchObject({
      holds: true,
      chains: [
        { records: 2, signed: 1, end: 'closed' },
        { records: 4, signed: 3, end: 'end' },
        { records: 2, signed: 1, end: 'open' },
      ],
    });
    expect((await audit.entries.list(kms.tenantId, { outcome: 'failed' }, {})).items).toHaveLength(3);
    expect((await audit.entries.list(kms.tenantId, {}, {})).items).toHaveLength(5);
  });

  it('are signed by nobody where the process remembers others, or is gone', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit, events } = audited;
    kms.barrier.seal();
    await expect(keys.elasticKeys.list(kms.caller)).rejects.toMatchObject({ code: 'sealed' });
    await using owner = await ownerOf(databases);
    const row = await owner.db.selectFrom('audit_parts').selectAll().where('part', '=', 1).executeTakeFirstOrThrow();
    const lines = row.lines.replace('elastic-key.list', 'elastic-key.read');
    await owner.db.updateTable('audit_parts').set({ lines }).where('part', '=', 1).execute();
    await kms.barrier.unseal(kms.unsealKey);
    await expect(audit.head()).rejects.toThrow(/was changed while this process was sealed/);
    await closeAbandoned(audited);
    expect(events).toEqual([{ type: 'audit-damaged', chain: row.chain, seq: 0 }]);
    expect(verdictOf(await exportOf(audit)).chains).toMatchObject([{ signed: null, end: 'open' }]);
    expect((await audit.entries.list(kms.tenantId, {}, {})).items).toEqual([]);
  });

  it('do not look abandoned while the process lives', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    kms.barrier.seal();
    await expect(keys.elasticKeys.list(kms.caller)).rejects.toMatchObject({ code: 'sealed' });
    kms.clock.now += HOUR_MS;
    kms.clock.elapsed += HOUR_MS;
    await audit.jobs.find(({ name }) => name === 'audit-heads')?.run(new AbortController().signal);
    await using owner = await ownerOf(databases);
    expect(await owner.db.selectFrom('audit_chains').select(['at', 'ended']).execute()).toEqual([{ at: kms.clock.now, ended: 0 }]);
  });
});
