import { describe, expect, it } from 'vitest';
import { createAdministeredAccounts } from '#identity/accounts/create-administered-accounts.ts';
import { createFactorReset } from '#identity/factors/factor-reset.ts';
import { insertAccount } from '#test/identity/support/an-account-row.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { databaseKinds } from '#test/support/database.ts';

describe.each(databaseKinds())('the reset of second factors on %s', (kind) => {
  const setup = async () => {
    const opened = await identityDatabase(kind);
    const { database } = opened;
    const { db } = database;
    const withFactors = async (change: object = {}) => {
      const { id } = await insertAccount(database, change);
      const sealed = { sealed_secret: Uint8Array.of(1), sealed_by: 'key', created_at: 1, confirmed_at: 1, last_step: 0 };
      await db
        .insertInto('totp_factors')
        .values({ account_id: id, ...sealed })
        .execute();
      const passkey = { name: 'key', public_key: Uint8Array.of(1), counter: 0, transports: '[]', synced: 0, created_at: 1 };
      await db
        .insertInto('passkeys')
        .values({ credential_id: id, account_id: id, ...passkey, last_used_at: null })
        .execute();
      await db.insertInto('recovery_codes').values({ account_id: id, code_hash: 'hash', used_at: null }).execute();
      return id;
    };
    const left = async (id: string) => {
      const tables = ['totp_factors', 'passkeys', 'recovery_codes'] as const;
      const rows = tables.map((table) => db.selectFrom(table).select('account_id').where('account_id', '=', id).execute());
      return (await Promise.all(rows)).map(({ length }) => length);
    };
    const ended: string[] = [];
    const endAccess = async (_tx: unknown, id: string) => void ended.push(id);
    const factorReset = createFactorReset({ database, endAccess, now: () => 5_000 });
    const kinds = async (id: string) => (await createAdministeredAccounts({ database, demo: true }).read(id)).secondFactors;
    return { ...opened, withFactors, left, ended, factorReset, kinds };
  };

  it('takes every kind, with the recovery codes, of one account, and ends its access', async () => {
    await using world = await setup();
    const { withFactors, left, ended, factorReset, kinds, database } = world;
    const [lost, other] = [await withFactors(), await withFactors()];
    expect(await kinds(lost)).toEqual(['totp', 'passkey']);
    await factorReset.reset(lost);
    expect([await left(lost), await kinds(lost), await left(other), ended]).toEqual([[0, 0, 0], [], [1, 1, 1], [lost]]);
    const row = database.db.selectFrom('accounts').select('access_ended_at').where('id', '=', lost);
    expect(Number((await row.executeTakeFirstOrThrow()).access_ended_at)).toBe(5_000);
  });

  it('leaves an account as it is that has none, and one of the demo', async () => {
    await using world = await setup();
    const { withFactors, left, ended, factorReset, database } = world;
    const { id } = await insertAccount(database);
    await expect(factorReset.reset(id)).rejects.toMatchObject({ code: 'no-second-factor', status: 409 });
    const row = database.db.selectFrom('accounts').select('access_ended_at').where('id', '=', id);
    expect((await row.executeTakeFirstOrThrow()).access_ended_at).toBeNull();
    const demo = await withFactors({ demo: 1 });
    await expect(factorReset.reset(demo)).rejects.toMatchObject({ code: 'account-unknown', status: 404 });
    expect([await left(demo), ended]).toEqual([[1, 1, 1], []]);
  });

  it('takes nothing where the access cannot be ended', async () => {
    await using world = await setup();
    const id = await world.withFactors();
    const endAccess = () => Promise.reject(new Error('no database'));
    const failing = createFactorReset({ database: world.database, endAccess, now: () => 5_000 });
    await expect(failing.reset(id)).rejects.toThrow('no database');
    expect(await world.left(id)).toEqual([1, 1, 1]);
  });
});
