import { describe, expect, it } from 'vitest';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createSecondFactors } from '#identity/factors/factors.service.ts';
import { resealSecrets } from '#identity/factors/sealed-secrets.ts';
import { insertAccount } from '#test/identity/support/an-account-row.ts';
import { newKeys } from '#test/identity/support/encryption-keys.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { codeOf } from '#test/identity/support/second-factors.ts';
import { databaseKinds } from '#test/support/database.ts';
import { createManualClock } from '#test/support/manual-clock.ts';

const ADDRESS = '192.0.2.1';

describe.each(databaseKinds())('second factors on %s', (kind) => {
  const setup = async () => {
    const opened = await identityDatabase(kind);
    const { database } = opened;
    const clock = createManualClock('2030-01-01T00:00:00Z');
    const encryptionKeys = newKeys();
    const { id: accountId, username } = await insertAccount(database);
    const open = (keys = encryptionKeys) =>
      createSecondFactors({
        database,
        encryptionKeys: keys,
        issuerHost: 'identity.test',
        passkeys: { list: async () => [] },
        limits: createAttemptLimits(),
        now: clock.wall,
      });
    const factors = open();
    const given = (code: string) => ({ accountId, code, address: ADDRESS });
    const withApp = async () => {
      await factors.beginTotp(accountId);
      const { secret } = (await factors.pendingTotp({ accountId, username })) ?? { secret: '' };
      const recoveryCodes = (await factors.confirmTotp(given(codeOf(secret, clock.wall())))) ?? [];
      await clock.advance(30_000);
      return { secret, recoveryCodes };
    };
    return { ...opened, clock, encryptionKeys, accountId, username, open, factors, given, withApp };
  };

  it('take a code of twenty uses at once exactly once, and a recovery code, too', async () => {
    await using world = await setup();
    const { secret, recoveryCodes } = await world.withApp();
    const many = async (code: string) => {
      // Each as another replica would: its own limits.
      const uses = Array.from({ length: 20 }, () => world.open().verifyCode(world.given(code)));
      return (await Promise.all(uses)).filter((method) => method !== null);
    };
    expect(await many(codeOf(secret, world.clock.wall()))).toEqual(['app']);
    expect(await many(recoveryCodes[0] ?? '')).toEqual(['recovery']);
  });

  it('stand in no dump: neither the secret of an app nor a recovery code', async () => {
    await using world = await setup();
    const { secret, recoveryCodes } = await world.withApp();
    const dump = await world.dump();
    expect(dump).toContain(world.accountId);
    for (const credential of [secret, ...recoveryCodes, ...recoveryCodes.map((code) => code.replaceAll('-', ''))])
      expect(dump).not.toContain(credential);
  });

  it('are sealed for their account under the newest key, and opened by no other', async () => {
    await using world = await setup();
    const { secret } = await world.withApp();
    const newer = newKeys(world.encryptionKeys);
    expect([await resealSecrets(world.database, newer), await resealSecrets(world.database, newer)]).toEqual([1, 0]);
    const code = codeOf(secret, world.clock.wall());
    await expect(world.factors.verifyCode(world.given(code))).rejects.toMatchObject({ code: 'factor-unreadable' });
    await expect(resealSecrets(world.database, world.encryptionKeys)).rejects.toMatchObject({ code: 'factor-unreadable' });
    // Nor does a row that was copied to another account.
    const other = await insertAccount(world.database);
    await world.database.db.updateTable('totp_factors').set({ account_id: other.id }).execute();
    const stolen = world.open(newer).verifyCode({ accountId: other.id, code, address: ADDRESS });
    await expect(stolen).rejects.toMatchObject({ code: 'factor-unreadable' });
  });

  it('begin anew until the first code was given, and then no more', async () => {
    await using world = await setup();
    const { accountId, username, factors, clock, given } = world;
    await factors.beginTotp(accountId);
    const first = await factors.pendingTotp({ accountId, username });
    await factors.beginTotp(accountId);
    const second = await factors.pendingTotp({ accountId, username });
    expect(first?.secret).not.toBe(second?.secret);
    expect(await factors.confirmTotp(given(codeOf(first?.secret ?? '', clock.wall())))).toBeNull();
    expect(await factors.confirmTotp(given(codeOf(second?.secret ?? '', clock.wall())))).toHaveLength(10);
    await expect(factors.beginTotp(accountId)).rejects.toMatchObject({ code: 'totp-exists', status: 409 });
    expect(await factors.of(accountId)).toMatchObject({ totp: { addedAt: clock.wall() }, recoveryCodesLeft: 10 });
  });

  it('go with the account, and recovery codes with the last second factor', async () => {
    await using world = await setup();
    const { accountId, factors, database } = world;
    const left = async () =>
      Promise.all(
        (['totp_factors', 'recovery_codes'] as const).map(
          async (table) => (await database.db.selectFrom(table).selectAll().execute()).length,
        ),
      );
    await world.withApp();
    await factors.removeTotp(accountId);
    expect(await left()).toEqual([0, 0]);
    await expect(factors.renewRecoveryCodes(accountId)).rejects.toMatchObject({ code: 'no-second-factor', status: 409 });
    await world.withApp();
    await database.db.deleteFrom('accounts').where('id', '=', accountId).execute();
    expect(await left()).toEqual([0, 0]);
  });

  it('make a guesser wait, and let the owner in at once from where he was before', async () => {
    await using world = await setup();
    const { secret } = await world.withApp();
    const clock = createManualClock('2030-01-01T00:00:00Z');
    const { accountId } = world;
    const limits = createAttemptLimits({ slowness: 10, clock });
    const factors = createSecondFactors({
      ...world,
      issuerHost: 'identity.test',
      passkeys: { list: async () => [] },
      limits,
      now: world.clock.wall,
    });
    const code = codeOf(secret, world.clock.wall());
    expect(await factors.verifyCode(world.given(code))).toBe('app');
    const guesses = Array.from({ length: 50 }, (_, n) =>
      factors.verifyCode({ accountId, code: String(100_000 + n), address: '203.0.113.66' }),
    );
    const settled = Promise.allSettled(guesses);
    await world.clock.advance(30_000);
    expect(await factors.verifyCode(world.given(codeOf(secret, world.clock.wall())))).toBe('app');
    const refused = (await clock.until(settled)).filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(40);
    expect(refused[0]).toMatchObject({ reason: { code: 'too-many-attempts', status: 429 } });
  });
});
