import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Caller } from '#kms/caller.ts';
import type { AuditFilter } from '#kms/audit/reading/audit-entries.ts';
import { type AuditedKms, auditedKms } from '#test/support/audited-kms.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';

const plaintext = new Uint8Array([1, 2, 3]);

/** All pages of the list. */
const all = async ({ audit, kms }: Pick<AuditedKms, 'audit' | 'kms'>, tenantId: string, filter: AuditFilter = {}, limit = 100) => {
  kms.clock.elapsed += 1_000;
  const found = [];
  let pages = 0;
  for (let cursor: string | undefined | null; cursor !== null; pages += 1) {
    const page: Awaited<ReturnType<typeof audit.entries.list>> = await audit.entries.list(tenantId, filter, { limit, cursor });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    found.push(...page.items);
    cursor = page.nextCursor;
  }
  return { found, pages };
};

describe.each(databaseKinds())('the records of a tenant on %s', (kind) => {
  it('are found by key, actor, operation, outcome and time, and by all of them at once', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys } = audited;
    const { caller, tenantId, clock } = kms;
    const other: Caller = { ...caller, subject: `other-${randomUUIDv7()}` };
    const [one, two] = [await kms.make('A256GCM/A256KW'), await kms.make('A256GCM/A256KW')];
    const begun = clock.now;
    for (const [by, { id }] of [
      [caller, one],
      [other, one],
      [caller, two],
    ] as const) {
      await keys.crypto.encrypt(by, id, { plaintext });
      clock.now += 1_000;
    }
    await keys.crypto.sign(caller, one.id, { payload: plaintext }).catch(() => {});
    const seen = async (filter: AuditFilter) =>
      (await all(audited, tenantId, filter)).found.map(({ action, outcome, elasticKeyId, subject }) => [
        action,
        outcome,
        elasticKeyId,
        subject,
      ]);
    const [first, second, third, fourth] = [
      ['encrypt', 'done', one.id, caller.subject],
      ['encrypt', 'done', one.id, other.subject],
      ['encrypt', 'done', two.id, caller.subject],
      ['sign', 'refused', one.id, caller.subject],
    ];
    expect(await seen({})).toEqual([fourth, third, second, first]);
    expect(await seen({ key: one.id })).toEqual([fourth, second, first]);
    expect(await seen({ actor: other.subject })).toEqual([second]);
    expect(await seen({ action: 'encrypt' })).toEqual([third, second, first]);
    expect(await seen({ outcome: 'refused' })).toEqual([fourth]);
    expect(await seen({ key: one.id, actor: caller.subject, action: 'encrypt', outcome: 'done' })).toEqual([first]);
    expect(await seen({ from: begun + 1_000, to: begun + 3_000 })).toEqual([third, second]);
    expect(await seen({ key: randomUUIDv7() })).toEqual([]);
  });

  it('are those of the tenant alone, page by page, each once, whatever others do meanwhile', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    const { caller, otherCaller, tenantId, otherTenantId, clock } = kms;
    // It names the other tenant in its own name, as a record would.
    const posing: Caller = { ...otherCaller, subject: `"tenant":"${tenantId}"` };
    for (let stretch = 0; stretch < 7; stretch += 1) {
      await Promise.all([1, 2, 3].map(() => keys.elasticKeys.list(caller)));
      await keys.elasticKeys.list(posing);
      await audit.head();
      clock.now += 1_000;
    }
    for (const limit of [1, 2, 3, 4, 21, 100]) {
      const { found } = await all(audited, tenantId, {}, limit);
      expect(found.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(
        [...new Set(found.map(({ seq }) => seq))].toSorted((a, b) => a - b),
      );
      expect(found).toHaveLength(21);
      expect(new Set(found.map(({ subject }) => subject))).toEqual(new Set([caller.subject]));
    }
    expect((await all(audited, otherTenantId)).found).toHaveLength(7);
    expect((await all(audited, randomUUIDv7())).found).toEqual([]);
  });

  it('are found however far apart they lie, in pages that end before the work is too much', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    const { caller, tenantId, clock } = kms;
    const busy: Caller = { ...caller, subject: `busy-${randomUUIDv7()}` };
    await keys.elasticKeys.list(caller);
    for (let stretch = 0; stretch < 70; stretch += 1) {
      await keys.elasticKeys.list(busy);
      await audit.head();
      clock.now += 10;
    }
    // Each stretch has the tenant and the time, and none of the others has what is looked for.
    const { found, pages } = await all(audited, tenantId, {
      from: 0,
      to: clock.now - 70 * 10 + 1,
      action: 'elastic-key.list',
      actor: caller.subject,
    });
    expect(found).toHaveLength(1);
    expect(pages).toBe(1);
    const everything = await all(audited, tenantId, {}, 100);
    expect([everything.found.length, everything.pages]).toEqual([71, 2]);
  });

  it('are looked for no further in one page than so many lines of others', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    const { caller, otherCaller, tenantId, clock } = kms;
    const busy: Caller = { ...otherCaller, subject: 'x'.repeat(512), username: 'y'.repeat(512) };
    const act = { action: { name: 'encrypt', scope: 'kms:encrypt', mode: 'read' }, target: null, code: null, materialKeyId: null } as const;
    for (let stretch = 0; stretch < 3; stretch += 1) {
      await keys.elasticKeys.list(caller);
      await audit.record({ ...act, caller, outcome: 'refused' });
      await Promise.all(Array.from({ length: 1_700 }, () => audit.record({ ...act, caller: busy, outcome: 'done' })));
      await audit.head();
      clock.now += 1_000;
    }
    // The tenant did both in each stretch, and never both at once.
    const nothing = await all(audited, tenantId, { action: 'elastic-key.list', outcome: 'refused' });
    expect([nothing.found.length, nothing.pages]).toEqual([0, 3]);
    const everything = await all(audited, tenantId);
    expect([everything.found.length, everything.pages]).toEqual([6, 3]);
  });

  it('have the index brought up to date by their readers once a second, whatever number of them asks', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { kms, keys, audit } = audited;
    const found = async () => (await audit.entries.list(kms.tenantId, {}, {})).items.length;
    await keys.elasticKeys.list(kms.caller);
    expect(await found()).toBe(1);
    await keys.elasticKeys.list(kms.caller);
    kms.clock.elapsed += 999;
    expect(await found()).toBe(1);
    kms.clock.elapsed += 1;
    expect(await found()).toBe(2);
  });

  it('refuse a cursor that is none of the list', async () => {
    await using databases = await withDatabases(kind);
    await using audited = await auditedKms(databases);
    const { audit, kms } = audited;
    await expect(audit.entries.list(kms.tenantId, {}, { cursor: 'bm9uZQ' })).rejects.toMatchObject({ code: 'cursor-invalid', status: 400 });
  });
});
