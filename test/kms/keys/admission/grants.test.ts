import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AppError } from '#infra/apperr/app-error.ts';
import { createReadScopes } from '#kms/access/scopes.ts';
import type { Act } from '#kms/action.ts';
import type { Authentication, Caller } from '#kms/caller.ts';
import { USUAL_QUOTAS } from '#kms/keys/elastic-keys/quotas.ts';
import type { ElasticKey } from '#kms/keys/elastic-keys/elastic-key.ts';
import { forgetGrants } from '#kms/keys/grants/forget-grants.ts';
import { GRANTED_OPERATIONS, GRANTED_SCOPES, type GrantedOperation, granteeOf, type Principal } from '#kms/keys/grants/grant.ts';
import { createKeys } from '#kms/keys/keys.ts';
import { actsOnKey } from '#test/kms/support/acts-on-key.ts';
import { withKey } from '#test/kms/support/keyed-caller.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { insufficientScope, testCaller, testClaims } from '#test/support/kms-caller.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';

const plaintext = new TextEncoder().encode('attack at dawn');
const HOUR = 3_600_000;
const readScopes = createReadScopes();

/** Somebody of the tenant without any scope. */
const nobody = ({ caller: { tenant } }: Pick<TestKms, 'caller'>): Caller => testCaller(tenant, new Set());
const principal = (caller: Caller): Principal => {
  const found = granteeOf(caller);
  if (found === null) throw new Error('nobody');
  return found;
};
const refusal = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: AppError) => error.code,
  );

const grantTo = (
  kms: TestKms,
  key: ElasticKey,
  grantee: Caller,
  operations: readonly GrantedOperation[] = ['encrypt', 'decrypt'],
  more: Partial<Parameters<TestKms['grants']['create']>[2]> = {},
) => kms.grants.create(kms.caller, key.id, { grantee: principal(grantee), operations, expiresAt: kms.clock.now + HOUR, ...more });

describe.each(databaseKinds())('A grant on %s', (kind) => {
  it('gives one who has no scope at all these operations on this key, by its id and its name, and nothing else', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [key, other] = [await kms.make('A256GCM/A256KW'), await kms.make('A256GCM/A256KW')];
    const grants = new Map(
      await Promise.all(
        GRANTED_OPERATIONS.map(async (operation) => {
          const grantee = nobody(kms);
          await grantTo(kms, key, grantee, [operation]);
          return [operation, grantee] as const;
        }),
      ),
    );
    for (const [operation, grantee] of grants) {
      const given: readonly string[] = GRANTED_SCOPES[operation];
      for (const [index, [scope, act]] of actsOnKey(kms).entries()) {
        const answer = await refusal(act(grantee, index % 2 === 0 ? key.id : key.name));
        expect(answer === 'scope-insufficient', `${operation}: ${scope}`).toBe(!given.includes(scope));
        expect(await refusal(act(grantee, other.id)), `${operation}: another key`).toBe('scope-insufficient');
      }
      expect(await refusal(kms.elasticKeys.list(grantee))).toBe('scope-insufficient');
    }
  });

  it('is of one principal: of one kind of credential, one issuer, one subject and one tenant', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const subject: string = randomUUIDv7();
    const as = (authentication: Authentication, of = subject): Caller => ({ ...nobody(kms), subject: of, authentication });
    const token = (issuer: string): Authentication => ({ kind: 'token', issuer, tokenId: randomUUIDv7(), claims: testClaims() });
    const everyone = [
      as(token('https://one.example')),
      as(token('https://other.example')),
      as({ kind: 'realm-user' }),
      as({ kind: 'certificate' }),
      as({ kind: 'realm-user' }, `${subject}x`),
      as({ kind: 'realm-user' }, subject.toUpperCase()),
    ];
    const isLetIn = async (caller: Caller) => (await refusal(kms.crypto.encrypt(caller, key.id, { plaintext }))) === undefined;
    for (const grantee of everyone.slice(0, 4)) {
      const grant = await grantTo(kms, key, grantee);
      const others = everyone.filter((each) => each !== grantee);
      expect([await isLetIn(grantee), ...(await Promise.all(others.map(isLetIn)))]).toEqual([true, ...others.map(() => false)]);
      await kms.grants.revoke(kms.caller, key.id, grant.id);
    }
    await grantTo(kms, key, everyone[2] as Caller);
    const foreign = { ...(everyone[2] as Caller), tenant: kms.otherCaller.tenant };
    expect(await isLetIn(foreign)).toBe(false);
    const service: Caller = { ...nobody(kms), authentication: { kind: 'service', purpose: 'api-examples' } };
    expect(granteeOf(service)).toBe(null);
    expect(await isLetIn(service)).toBe(false);
  });

  it('holds for the context that it names, or for one part of it, and is refused for another', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const [equal, containing] = [nobody(kms), nobody(kms)];
    await grantTo(kms, key, equal, ['encrypt', 'decrypt'], { context: { rule: 'equals', value: 'tenant=1' } });
    await grantTo(kms, key, containing, ['encrypt', 'decrypt'], { context: { rule: 'contains', value: 'tenant=1' } });
    const encrypts = (caller: Caller, context?: string) =>
      refusal(kms.crypto.encrypt(caller, key.id, { plaintext, ...(context !== undefined && { context }) }));
    const refused = 'grant-context-refused';
    for (const [context, byEqual, byPart] of [
      ['tenant=1', undefined, undefined],
      ['user=2,tenant=1', refused, undefined],
      ['tenant=1;user=2', refused, undefined],
      ['user=2&tenant=1', refused, undefined],
      ['user=2 tenant=1', refused, undefined],
      ['tenant=12', refused, refused],
      ['xtenant=1', refused, refused],
      ['TENANT=1', refused, refused],
      ['tenant=1\n', refused, refused],
      [undefined, refused, refused],
    ] as const) {
      expect([await encrypts(equal, context), await encrypts(containing, context)], context).toEqual([byEqual, byPart]);
    }
    const { jwe } = await kms.crypto.encrypt(kms.caller, key.id, { plaintext, context: 'tenant=2' });
    expect(await refusal(kms.crypto.decrypt(equal, key.id, { jwe, context: 'tenant=2' }))).toBe(refused);
    expect(await refusal(kms.crypto.decrypt(equal, key.id, { jwe, context: 'tenant=1' }))).toBe('decryption-failed');
  });

  it('ends when it expires, when it is revoked, and with its key', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [key, doomed] = [await kms.make('A256GCM/A256KW'), await kms.make('A256GCM/A256KW')];
    const [short, long, last] = [nobody(kms), nobody(kms), nobody(kms)];
    await grantTo(kms, key, short);
    const grant = await grantTo(kms, key, long, ['encrypt'], { expiresAt: kms.clock.now + 20 * 24 * HOUR });
    await grantTo(kms, doomed, last, ['read'], { expiresAt: kms.clock.now + 20 * 24 * HOUR });
    const uses = (caller: Caller) => refusal(kms.crypto.encrypt(caller, key.id, { plaintext }));
    expect([await uses(short), await uses(long)]).toEqual([undefined, undefined]);
    kms.clock.now += HOUR;
    expect([await uses(short), await uses(long)]).toEqual(['scope-insufficient', undefined]);
    expect((await kms.grants.list(kms.caller, key.id, {})).items).toEqual([grant]);
    await kms.grants.revoke(kms.caller, key.id, grant.id);
    expect(await uses(long)).toBe('scope-insufficient');
    expect(await refusal(kms.grants.read(kms.caller, key.id, grant.id))).toBe('grant-not-found');
    await kms.lifeCycle.scheduleDeletion(kms.caller, doomed.id);
    expect(await refusal(kms.elasticKeys.read(last, doomed.id))).toBe(undefined);
    kms.clock.now += 8 * 24 * HOUR;
    await kms.destruction.elasticKey(kms.caller.tenant, doomed.id);
    expect(await refusal(kms.elasticKeys.read(last, doomed.id))).toBe('scope-insufficient');
    expect(await refusal(grantTo(kms, doomed, last, ['read']))).toBe('elastic-key-destroyed');
    const { db } = await kms.database(kms.tenantId);
    const rowsLeft = async () => (await db.selectFrom('grants').select('elastic_key_id').execute()).map((row) => row.elastic_key_id);
    expect(await rowsLeft()).toEqual([key.id]);
    const tenants = { kept: async () => [kms.caller.tenant as never] };
    const locks = { tryLock: async () => null } as never;
    await forgetGrants({ locks, tenants, rows: kms.rows, now: () => kms.clock.now }).run(new AbortController().signal);
    expect(await rowsLeft()).toEqual([]);
  });

  it('holds in every replica from the answer to its making on, and in none from that to its revocation on', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const replica = kind === 'postgres' ? await kms.replica() : kms;
    const there = { ...nobody(kms), tenant: replica.caller.tenant };
    const uses = () => refusal(replica.crypto.encrypt(there, key.id, { plaintext }));
    expect(await uses()).toBe('scope-insufficient');
    const grant = await grantTo(kms, key, there);
    // The clock of leases stands still in this test; their length has passed meanwhile.
    kms.clock.elapsed += 250;
    expect(await uses()).toBe(undefined);
    await kms.grants.revoke(kms.caller, key.id, grant.id);
    kms.clock.elapsed += 250;
    expect(await uses()).toBe('scope-insufficient');
  });

  it('gives no more than its granter holds by scopes of his own, and is passed on by nobody', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const granter: Caller = { ...nobody(kms), ...readScopes(['kms:grants:write', `kms:key:${key.name}:encrypt`, 'kms:read']) };
    const give = (by: Caller, operations: readonly GrantedOperation[]) =>
      kms.grants.create(by, key.id, { grantee: principal(nobody(kms)), operations, expiresAt: kms.clock.now + HOUR });
    expect(await refusal(give(granter, ['encrypt', 'read']))).toBe(undefined);
    await expect(give(granter, ['encrypt', 'decrypt'])).rejects.toMatchObject({
      code: 'grant-exceeds-granter',
      status: 403,
      fields: [{ field: '/operations/1' }],
    });
    await grantTo(kms, key, granter, ['decrypt']);
    expect(await refusal(kms.crypto.decrypt(granter, key.id, { jwe: 'x' }))).toBe('decryption-failed');
    expect(await refusal(give(granter, ['decrypt']))).toBe('grant-exceeds-granter');
    const grantee = nobody(kms);
    await grantTo(kms, key, grantee, [...GRANTED_OPERATIONS]);
    expect(await refusal(give(grantee, ['encrypt']))).toBe('scope-insufficient');
    const ofKey: Caller = { ...nobody(kms), ...readScopes([`kms:key:${key.id}:grants:write`, `kms:key:${key.id}:crypto`]) };
    expect(await refusal(give(ofKey, ['sign']))).toBe(undefined);
    const other = await kms.make('A256GCM/A256KW');
    expect(
      await refusal(
        kms.grants.create(ofKey, other.id, { grantee: principal(grantee), operations: ['sign'], expiresAt: kms.clock.now + HOUR }),
      ),
    ).toBe('scope-insufficient');
  });

  it('is refused with what makes no sense, and the field is named', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const grantee = nobody(kms);
    const asked = (more: Parameters<typeof grantTo>[4], operations?: readonly GrantedOperation[]) =>
      grantTo(kms, key, grantee, operations, more).catch(({ code, fields }: AppError) => [code, fields?.[0]?.field]);
    expect(await asked({ expiresAt: kms.clock.now })).toEqual(['expiry-past', '/expires_at']);
    expect(await asked({ expiresAt: kms.clock.now + 367 * 24 * HOUR })).toEqual(['expiry-far', '/expires_at']);
    expect(await asked({ context: { rule: 'equals', value: 'x' } }, ['encrypt', 'sign'])).toEqual(['context-not-of-operation', '/context']);
    expect(await asked({ context: { rule: 'contains', value: 'a,b' } })).toEqual(['context-not-one-part', '/context/contains']);
    expect(await asked({ grantee: { kind: 'token', issuer: null, subject: 'x' } })).toEqual(['grantee-issuer', '/grantee/issuer']);
    expect(await asked({ grantee: { kind: 'certificate', issuer: 'x', subject: 'x' } })).toEqual(['grantee-issuer', '/grantee/issuer']);
    expect(
      await refusal(
        kms.grants.create(kms.otherCaller, key.id, { grantee: principal(grantee), operations: ['read'], expiresAt: kms.clock.now + HOUR }),
      ),
    ).toBe('elastic-key-not-found');
  });

  it('costs no look at the database once grant and key are in memory, nor does a refusal', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    let looks = 0;
    const database = () => {
      looks += 1;
      return kms.caller.tenant.database();
    };
    const grantee = { ...nobody(kms), tenant: { ...kms.caller.tenant, database } };
    const stranger = { ...nobody(kms), tenant: grantee.tenant };
    await grantTo(kms, key, grantee);
    const use = async () => [
      await refusal(kms.crypto.encrypt(grantee, key.name, { plaintext })),
      await refusal(kms.crypto.encrypt(stranger, key.name, { plaintext })),
    ];
    expect(await use()).toEqual([undefined, 'scope-insufficient']);
    looks = 0;
    expect(await use()).toEqual([undefined, 'scope-insufficient']);
    expect(looks).toBe(0);
    await kms.crypto.encrypt({ ...kms.caller, tenant: grantee.tenant }, key.id, { plaintext });
    expect(looks).toBe(0);
  });

  it('is named in the record of its making, of each use and of its revocation', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const acts: Act[] = [];
    const { barrier, rows, clock } = kms;
    const keys = createKeys({ barrier, rows, insufficientScope, now: () => clock.now, emit: (act) => void acts.push(act) });
    const key = await kms.make('A256GCM/A256KW');
    const grantee = nobody(kms);
    const { id } = await keys.grants.create(kms.caller, key.id, {
      grantee: principal(grantee),
      operations: ['encrypt'],
      expiresAt: clock.now + HOUR,
    });
    await keys.crypto.encrypt(grantee, key.name, { plaintext });
    await keys.crypto.decrypt(grantee, key.name, { jwe: 'x' }).catch(() => {});
    await keys.crypto.encrypt(kms.caller, key.name, { plaintext });
    await keys.grants.revoke(kms.caller, key.name, id);
    const object = { kind: 'grant', id };
    expect(acts.map((act) => [act.action.name, act.outcome, act.object])).toEqual([
      ['grant.create', 'done', object],
      ['encrypt', 'done', object],
      ['decrypt', 'refused', undefined],
      ['encrypt', 'done', undefined],
      ['grant.revoke', 'done', object],
    ]);
    expect(acts.every((act) => act.target?.elasticKeyId === key.id || act.outcome === 'refused')).toBe(true);
  });

  it('is made once for a request that comes again, is listed page by page, and changed under its tag alone', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const caller = withKey(kms.caller);
    const input = { grantee: principal(nobody(kms)), operations: ['encrypt'], expiresAt: kms.clock.now + HOUR } as const;
    const first = await kms.grants.create(caller, key.id, input);
    expect(await kms.grants.create(caller, key.id, input)).toEqual(first);
    const second = await grantTo(kms, key, nobody(kms));
    const page = await kms.grants.list(kms.caller, key.name, { limit: 1 });
    expect(page.items).toEqual([first]);
    const rest = await kms.grants.list(kms.caller, key.name, { limit: 1, cursor: page.nextCursor ?? '' });
    expect(rest).toEqual({ items: [second], nextCursor: null });
    expect(await kms.grants.read(kms.caller, key.id, first.id)).toEqual(first);
    const other = await kms.make('A256GCM/A256KW');
    expect(await refusal(kms.grants.read(kms.caller, other.id, first.id))).toBe('grant-not-found');
    expect(await refusal(kms.grants.revoke(kms.caller, other.id, first.id))).toBe('grant-not-found');
    const precondition = () => {
      throw new Error('changed');
    };
    await expect(kms.grants.revoke(kms.caller, key.id, first.id, { precondition })).rejects.toThrow('changed');
    expect(await refusal(kms.grants.revoke(kms.caller, key.id, first.id))).toBe(undefined);
    expect(await refusal(kms.grants.revoke(kms.caller, key.id, first.id))).toBe('grant-not-found');
  });

  it('is gained by nobody who writes to the database: made, changed or put back it is refused', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const grantee = nobody(kms);
    const grant = await grantTo(kms, key, grantee, ['encrypt']);
    const { db } = await kms.database(kms.tenantId);
    const row = await db.selectFrom('grants').selectAll().executeTakeFirstOrThrow();
    const uses = () => {
      kms.clock.elapsed += 250;
      return refusal(kms.crypto.decrypt(grantee, key.id, { jwe: 'x' }));
    };
    await db.updateTable('grants').set({ operations: '["encrypt","decrypt"]' }).execute();
    expect(await uses()).toBe('row-damaged');
    await db.updateTable('grants').set({ operations: row.operations }).execute();
    expect(await uses()).toBe('scope-insufficient');
    await db
      .insertInto('grants')
      .values({ ...row, id: randomUUIDv7(), operations: '["decrypt"]' })
      .execute();
    expect(await uses()).toBe('row-damaged');
    await db.deleteFrom('grants').where('id', '!=', grant.id).execute();
    await kms.grants.revoke(kms.caller, key.id, grant.id);
    await db.insertInto('grants').values(row).execute();
    kms.clock.elapsed += 250;
    expect(await refusal(kms.crypto.encrypt(grantee, key.id, { plaintext }))).toBe('row-damaged');
  });

  it('is one of so many: of the tenant, of a key and of a grantee', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { barrier, rows, clock } = kms;
    const keys = createKeys({ barrier, rows, insufficientScope, now: () => clock.now, quotas: { ...USUAL_QUOTAS, grants: 2 } });
    const key = await kms.make('A256GCM/A256KW');
    const input = () => ({ grantee: principal(nobody(kms)), operations: ['encrypt'] as const, expiresAt: clock.now + HOUR });
    await keys.grants.create(kms.caller, key.id, input());
    await keys.grants.create(kms.caller, key.id, input());
    expect(await refusal(keys.grants.create(kms.caller, key.id, input()))).toBe('grants-quota');
  });
});
