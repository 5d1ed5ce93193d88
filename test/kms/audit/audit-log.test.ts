import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#infra/audit/canonical-json.ts';
import { hashOf, objectOf } from '#infra/audit/lines.ts';
import type { AuditTables } from '#kms/database/audit.table.ts';
import { auditMigrations } from '#kms/database/migrations.ts';
import { auditedKms, exportOf, verdictOf } from '#test/support/audited-kms.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { testCaller } from '#test/support/kms-caller.ts';
import { failingDatabases } from '../demo/failing-databases.ts';

const bytes = () => new Uint8Array([1, 2, 3]);

const recordsOf = (lines: readonly string[]) => lines.map((line) => objectOf(line) ?? {}).filter(({ kind }) => kind === 'act');

const partsIn = async ({ databases }: TestDatabases) => {
  await using database = await databases.open<AuditTables>('audit', auditMigrations);
  return database.db.selectFrom('audit_parts').selectAll().orderBy('chain').orderBy('part').execute();
};

describe.each(databaseKinds())('the audit on %s', (kind) => {
  it('has a record of each act with who, what, which key and how it ended, and no content', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    const { id } = await keys.elasticKeys.create(kms.caller, { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' });
    const { jwe, materialKeyId } = await keys.crypto.encrypt(kms.caller, id, { plaintext: bytes(), context: 'the secret context' });
    await keys.crypto.sign(kms.caller, id, { payload: bytes() }).catch(() => {});
    const stranger = testCaller(kms.caller.tenant, new Set());
    await keys.crypto.decrypt(stranger, id, { jwe }).catch(() => {});
    const lines = await exportOf(audit);
    const { caller, clock, tenantId } = kms;
    const who = { address: '127.0.0.1', at: clock.now, credential: 'realm-user', kind: 'act', tenant: tenantId, v: 1 };
    const own = { ...who, subject: caller.subject, username: caller.username, request: caller.request?.id, elastic_key: id };
    expect(recordsOf(lines)).toMatchObject([
      { ...own, action: 'elastic-key.create', outcome: 'begun' },
      { ...own, action: 'elastic-key.create', outcome: 'done' },
      { ...own, action: 'encrypt', outcome: 'done', material_key: materialKeyId },
      { ...own, action: 'sign', outcome: 'refused', code: 'operation-not-allowed' },
      { ...who, subject: stranger.subject, action: 'decrypt', outcome: 'refused', code: 'scope-insufficient' },
    ]);
    expect(lines.join('\n')).not.toContain('the secret context');
    expect(lines.join('\n')).not.toContain(jwe);
    expect(verdictOf(lines)).toMatchObject({ holds: true, faults: [], chains: [{ records: 6, signed: 5, end: 'open' }] });
  });

  it('writes lines that are canonical JSON, whatever a caller is called', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    const odd = { ...kms.caller, subject: 'a\0b\uD800"\\\n\u2028é😀', username: 'x'.repeat(2_000) };
    await keys.elasticKeys.list(odd);
    const lines = await exportOf(audit);
    for (const line of lines) expect(canonicalJson(objectOf(line) ?? {})).toBe(line);
    expect(recordsOf(lines)).toMatchObject([{ subject: 'a\uFFFDb\uFFFD"\\\n\u2028é😀', username: 'x'.repeat(512) }]);
    const { items } = await audit.entries.list(kms.tenantId, { actor: 'a\uFFFDb\uFFFD"\\\n\u2028é😀' }, {});
    expect(items).toMatchObject([{ action: 'elastic-key.list' }]);
  });

  it('signs and indexes what callers did whose long names differ within the character that the index cuts', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    const subjects = ['\u{1F600}', '\u{1F900}'].map((last) => `${'x'.repeat(127)}${last}`);
    const act = async () => {
      for (const subject of subjects) await keys.elasticKeys.list({ ...kms.caller, subject });
    };
    await act();
    expect(objectOf((await audit.head()).line ?? '')).toMatchObject({ seq: 2 });
    await act();
    // It is killed here, so another process puts the rest into the index.
    kms.clock.now += 10 * 60_000;
    await using next = await audited.again();
    expect(verdictOf(await exportOf(next.audit))).toMatchObject({ holds: true, chains: [{ records: 5, signed: 4, end: 'closed' }] });
    for (const actor of subjects) expect((await next.audit.entries.list(kms.tenantId, { actor }, {})).items).toHaveLength(2);
  });

  it('commits the records of concurrent requests as one group, in a chain without a gap', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    const key = await kms.make('A256GCM/A256KW');
    await keys.crypto.encrypt(kms.caller, key.id, { plaintext: bytes() });
    const before = (await partsIn(databases)).length;
    await Promise.all(Array.from({ length: 200 }, () => keys.crypto.encrypt(kms.caller, key.id, { plaintext: bytes() })));
    expect((await partsIn(databases)).length - before).toBeLessThan(20);
    const lines = await exportOf(audit);
    expect(recordsOf(lines)).toHaveLength(201);
    expect(verdictOf(lines)).toMatchObject({ holds: true, chains: [{ records: 202, signed: 201 }] });
  });

  it('answers nothing while its database takes no writes, and goes on in another chain afterwards', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit, events } = audited;
    const key = await kms.make('A256GCM/A256KW');
    const encrypt = () => keys.crypto.encrypt(kms.caller, key.id, { plaintext: bytes() });
    await encrypt();
    const at = databases.config.kind === 'sqlite' ? databases.databases : await databases.reopen();
    await using database = await at.open<AuditTables>('audit', auditMigrations);
    await database.db.schema.alterTable('audit_parts').renameTo('audit_parts_away').execute();
    const refused = await Promise.allSettled([
      encrypt(),
      encrypt(),
      keys.elasticKeys.change(kms.caller, key.id, { description: 'changed' }),
    ]);
    expect(refused).toMatchObject(
      Array.from({ length: 3 }, () => ({ status: 'rejected', reason: { code: 'audit-unavailable', status: 503 } })),
    );
    expect(await kms.elasticKeys.read(kms.caller, key.id)).toMatchObject({ description: key.description });
    await database.db.schema.alterTable('audit_parts_away').renameTo('audit_parts').execute();
    await encrypt();
    expect(events.map(({ type }) => type)).toEqual(['audit-unwritten', 'audit-written-again']);
    const lines = await exportOf(audit);
    expect(recordsOf(lines)).toHaveLength(2);
    expect(verdictOf(lines)).toMatchObject({ holds: true, chains: [{ records: 2 }, { records: 2, signed: 1 }] });
  });

  it('lets no act be answered whose record was not committed, wherever it dies', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms } = audited;
    const key = await kms.make('A256GCM/A256KW');
    let answered = 0;
    // The first one is that of the statement that is compiled at the start.
    for (let dieAt = 2; dieAt < 22; dieAt += 1) {
      const dying = await audited.again(failingDatabases(databases.databases, dieAt)).catch(() => null);
      // It died while it closed the chain of the one before.
      if (dying === null) continue;
      for (let act = 0; act < 3; act += 1) {
        const isAnswered = await dying.keys.crypto.encrypt(kms.caller, key.id, { plaintext: bytes() }).then(
          () => true,
          () => false,
        );
        answered += isAnswered ? 1 : 0;
        await dying.audit.head().catch(() => {});
      }
    }
    kms.clock.now += 10 * 60_000;
    await using next = await audited.again();
    const lines = await exportOf(next.audit);
    expect(answered).toBeGreaterThan(10);
    expect(recordsOf(lines).length).toBeGreaterThanOrEqual(answered);
    expect(verdictOf(lines)).toMatchObject({ holds: true });
  });

  it('gives each replica a chain of its own, names the others in it, and ends it with the process', async () => {
    await using databases = await withDatabases(kind);
    await using one = await auditedKms(databases);
    const { kms } = one;
    await one.keys.elasticKeys.list(kms.caller);
    const { line } = await one.audit.head();
    // On SQLite a second process would take the first one for dead: its files have one.
    const two = kind === 'postgres' ? await one.again() : one;
    await two.keys.elasticKeys.list(kms.caller);
    await one.audit[Symbol.asyncDispose]();
    if (two !== one) await two.audit[Symbol.asyncDispose]();
    await using three = await one.again();
    await three.keys.elasticKeys.list(kms.caller);
    const lines = await exportOf(three.audit);
    const ended = kind === 'postgres' ? [{ end: 'end' }, { end: 'end' }] : [{ end: 'end' }];
    expect(verdictOf(lines)).toMatchObject({ holds: true, chains: [...ended, { end: 'open' }] });
    expect(lines).toContain(line);
    const begins = lines.map((text) => objectOf(text)).filter((value) => value?.['kind'] === 'begin');
    expect(begins.at(-1)?.['follows']).toHaveLength(begins.length - 1);
  });

  it('closes the chain of a process that was killed, and signs what is there', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    await keys.elasticKeys.list(kms.caller);
    await audit.head();
    await keys.elasticKeys.list(kms.caller);
    await keys.elasticKeys.list(kms.caller);
    // It is killed here: nobody ends its chain, and on PostgreSQL its replicas wait until it must be dead.
    kms.clock.now += kind === 'postgres' ? 10 * 60_000 : 0;
    await using next = await audited.again();
    const lines = await exportOf(next.audit);
    expect(verdictOf(lines)).toMatchObject({ holds: true, chains: [{ records: 4, signed: 3, end: 'closed' }] });
    const { items } = await next.audit.entries.list(kms.tenantId, { actor: kms.caller.subject }, {});
    expect(items.map(({ seq }) => seq)).toEqual([3, 2, 1]);
  });

  it('says at the next start that a chain is not as it was written, and closes it where it holds no longer', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys } = audited;
    for (let act = 0; act < 3; act += 1) await keys.elasticKeys.list(kms.caller);
    await using database = await databases.databases.open<AuditTables>('audit', auditMigrations);
    const [, , second] = await partsIn(databases);
    const lines = second?.lines.replace('elastic-key.list', 'elastic-key.read') ?? '';
    await database.db.updateTable('audit_parts').set({ lines }).where('part', '=', 2).execute();
    kms.clock.now += 10 * 60_000;
    await using next = await audited.again();
    expect(next.events).toMatchObject([{ type: 'audit-damaged', seq: 2 }]);
    expect(verdictOf(await exportOf(next.audit))).toMatchObject({ holds: false, faults: [{ seq: 3 }] });
  });

  it('exports no chain as whole whose end somebody took out of the database', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    await keys.elasticKeys.list(kms.caller);
    await audit.head();
    await using database = await databases.databases.open<AuditTables>('audit', auditMigrations);
    const before = await database.db.selectFrom('audit_chains').selectAll().executeTakeFirstOrThrow();
    await keys.elasticKeys.list(kms.caller);
    await audit.head();
    await database.db.deleteFrom('audit_parts').where('part', '>', before.part).execute();
    await database.db.updateTable('audit_chains').set(before).execute();
    expect(verdictOf(await exportOf(audit))).toMatchObject({
      holds: false,
      faults: [{ seq: 2, what: 'the chain ends after record 1, and the first line names record 2' }],
    });
  });

  it('goes on while the barrier is sealed, and signs once it is unsealed', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    kms.barrier.seal();
    await expect(keys.elasticKeys.list(kms.caller)).rejects.toMatchObject({ code: 'sealed' });
    await expect(audit.head()).rejects.toMatchObject({ code: 'sealed' });
    await kms.barrier.unseal(kms.unsealKey);
    const { line, publicKey } = await audit.head();
    const lines = await exportOf(audit);
    expect(lines).toContain(line);
    expect(recordsOf(lines)).toMatchObject([{ outcome: 'failed', code: 'sealed' }]);
    expect(verdictOf(lines, { kept: { publicKey, head: null } })).toMatchObject({ holds: true, chains: [{ signed: 1 }] });
    expect((await audit.entries.list(kms.tenantId, {}, {})).items).toHaveLength(1);
  });

  it('ends a chain that rests, and begins another with the next act', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    const heads = audit.jobs.find(({ name }) => name === 'audit-heads');
    await keys.elasticKeys.list(kms.caller);
    await heads?.run(new AbortController().signal);
    kms.clock.elapsed += 3 * 60_000;
    await heads?.run(new AbortController().signal);
    await keys.elasticKeys.list(kms.caller);
    expect(verdictOf(await exportOf(audit))).toMatchObject({ holds: true, chains: [{ end: 'end' }, { end: 'open' }] });
  });

  it('adds nothing to a chain that another process has closed, and loses no act by it', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, events } = audited;
    await keys.elasticKeys.list(kms.caller);
    // Its clock is far ahead, so it takes the others for dead.
    kms.clock.now += 10 * 60_000;
    await using other = await audited.again();
    kms.clock.now -= 10 * 60_000;
    await keys.elasticKeys.list(kms.caller);
    await keys.elasticKeys.list(kms.caller);
    expect(events).toEqual([]);
    const lines = await exportOf(other.audit);
    expect(recordsOf(lines)).toHaveLength(3);
    expect(verdictOf(lines)).toMatchObject({ holds: true, chains: [{ records: 2, end: 'closed' }, { records: 3 }] });
    expect((await other.audit.entries.list(kms.tenantId, {}, {})).items.length).toBeGreaterThan(0);
  });

  it('records the first refusal of a network and the number of the others, however many come', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { audit } = audited;
    const request = { status: 401, code: 'token-invalid', credential: 'token', nameTag: undefined, tenant: undefined };
    for (let at = 0; at < 1_000; at += 1) audit.refused({ ...request, address: '203.0.113.7' });
    for (let at = 0; at < 1_000; at += 1) audit.refused({ ...request, address: `198.51.${at >> 8}.${at & 255}` });
    audit.sum();
    const refusals = (await exportOf(audit)).map((line) => objectOf(line) ?? {}).filter(({ kind: is }) => is === 'refusals');
    expect(refusals).toHaveLength(102);
    expect(refusals[0]).toMatchObject({ address: '203.0.113.7', code: 'token-invalid', count: 1, credential: 'token', status: 401 });
    expect(refusals.reduce((sum, { count }) => sum + Number(count), 0)).toBe(2_000);
  });

  it('survives with an acknowledged record what it is told to survive', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases, { durability: 'disk' });
    const { kms, keys, audit } = audited;
    await Promise.all(Array.from({ length: 20 }, () => keys.elasticKeys.list(kms.caller)));
    expect(verdictOf(await exportOf(audit))).toMatchObject({ holds: true, chains: [{ records: 21 }] });
  });
});

describe('the file of the audit', () => {
  it('that is full lets no act be answered, and takes the next one when there is room again', async () => {
    await using databases = await withDatabases('sqlite');
    await using audited = await auditedKms(databases);
    const { kms, keys, audit, events } = audited;
    const key = await kms.make('A256GCM/A256KW');
    await using database = await databases.databases.open<AuditTables>('audit', auditMigrations);
    const allow = (pages: number) => sql.raw(`pragma max_page_count = ${pages}`).execute(database.db);
    const encrypt = () => keys.crypto.encrypt(kms.caller, key.id, { plaintext: bytes() });
    await encrypt();
    await allow(1);
    let refused: unknown = null;
    for (let answered = 0; refused === null && answered < 1_000; answered += 1)
      refused = await encrypt().then(
        () => null,
        (error: unknown) => error,
      );
    expect(refused).toMatchObject({ code: 'audit-unavailable', cause: { code: 'database-full' } });
    expect(events).toMatchObject([{ type: 'audit-unwritten', cause: { code: 'database-full' } }]);
    await allow(1_000_000);
    await encrypt();
    expect(verdictOf(await exportOf(audit))).toMatchObject({ holds: true });
  });
});

describe('the hash of a record', () => {
  it('is SHA-256 over its line', () => {
    expect(hashOf('abc')).toBe(
      Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex').toString('base64url'),
    );
  });
});
