import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Database } from '#infra/database/databases.ts';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createAccounts } from '#identity/accounts/accounts.service.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { insertAccount as insert, testPasswords as passwords } from '#test/identity/support/an-account-row.ts';
import { databaseKinds } from '#test/support/database.ts';
import { createManualClock } from '#test/support/manual-clock.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';

const ADDRESS = '192.0.2.1';

/** Fails whoever asks it. */
const untouched = {
  db: new Proxy(
    {},
    {
      get: () => {
        throw new Error('the database was asked');
      },
    },
  ) as Database<IdentityTables>['db'],
};

describe('accounts', () => {
  it.each([
    ['a name longer than any', { username: 'x'.repeat(257), password: 'p' }],
    ['a password longer than any', { username: 'x', password: 'p'.repeat(1_025) }],
    ['no name', { username: '', password: 'p' }],
    ['no password', { username: 'x', password: '' }],
  ])('refuse %s before anybody is looked up', async (_, login) => {
    const accounts = createAccounts({
      database: untouched,
      passwords: { verify: () => Promise.reject(new Error('a password was looked at')) },
    });
    expect(await accounts.authenticate({ ...login, address: ADDRESS })).toBeNull();
  });
});

describe.each(databaseKinds())('accounts on %s', (kind) => {
  it('let in somebody who knows the password', async () => {
    await using test = await identityDatabase(kind);
    const { id, username, password, tenant_id } = await insert(test.database);
    const accounts = createAccounts({ database: test.database, passwords });
    expect(await accounts.authenticate({ username, password, address: ADDRESS })).toMatchObject({ id, username, tenantId: tenant_id });
  });

  it('know nobody by a name with a control character, which a database may not even take', async () => {
    await using test = await identityDatabase(kind);
    const { username, password } = await insert(test.database);
    const accounts = createAccounts({ database: test.database, passwords });
    for (const odd of ['\u0000', `${username}\u0000`, `${username}\n`])
      expect(await accounts.authenticate({ username: odd, password, address: ADDRESS })).toBeNull();
  });

  it('let in nobody with a wrong password, an unknown name, an empty one or one of the wrong case', async () => {
    await using test = await identityDatabase(kind);
    const { username, password } = await insert(test.database);
    const accounts = createAccounts({ database: test.database, passwords });
    for (const login of [
      { username, password: `${password}x` },
      { username, password: '' },
      { username: `nobody-${randomUUIDv7()}`, password },
      { username: '', password },
      { username: username.toUpperCase(), password },
      { username: `${username}%`, password },
      { username: 'x'.repeat(100_000), password },
    ])
      expect(await accounts.authenticate({ ...login, address: ADDRESS })).toBeNull();
  });

  it('pay the same cost for a name that is not there', async () => {
    await using test = await identityDatabase(kind);
    const { username } = await insert(test.database);
    const verified: (string | undefined)[] = [];
    const accounts = createAccounts({
      database: test.database,
      passwords: {
        verify: async (password, stored) => {
          verified.push(stored);
          return passwords.verify(password, stored);
        },
      },
    });
    await accounts.authenticate({ username, password: 'wrong', address: ADDRESS });
    await accounts.authenticate({ username: `nobody-${randomUUIDv7()}`, password: 'wrong', address: ADDRESS });
    expect(verified).toEqual([expect.stringMatching(/^\$pbkdf2/), undefined]);
  });

  it('of the demo sleep where it does not run: the cost of an unknown name is paid for them, and no token shows them', async () => {
    await using test = await identityDatabase(kind);
    const { id, username, password } = await insert(test.database, { demo: 1 } as never);
    const verified: (string | undefined)[] = [];
    const verify = async (given: string, stored: string | undefined) => {
      verified.push(stored);
      return passwords.verify(given, stored);
    };
    const asleep = createAccounts({ database: test.database, passwords: { verify } });
    expect(await asleep.authenticate({ username, password, address: ADDRESS })).toBeNull();
    expect([verified, await asleep.find(id)]).toEqual([[undefined], undefined]);
    const awake = createAccounts({ database: test.database, demo: true, passwords });
    expect(await awake.authenticate({ username, password, address: ADDRESS })).toMatchObject({ id });
    expect(await awake.find(id)).toMatchObject({ username });
  });

  for (const [what, change] of [
    ['disabled', { disabled: 1 }],
    ['retired', { retired_at: 2, retired_by: randomUUIDv7() }],
  ] as const) {
    it(`know nothing of an account that is ${what}`, async () => {
      await using test = await identityDatabase(kind);
      const { id, username, password } = await insert(test.database, change as never);
      const accounts = createAccounts({ database: test.database, passwords });
      expect(await accounts.authenticate({ username, password, address: ADDRESS })).toBeNull();
      expect(await accounts.find(id)).toBeUndefined();
    });
  }

  it('tell the provider who it is: scopes of the roles and permissions, coarse and fine', async () => {
    await using test = await identityDatabase(kind);
    const { id, tenant_id } = await insert(test.database);
    const found = await createAccounts({ database: test.database, passwords }).find(id);
    expect(found).toMatchObject({ accountId: id, tenantId: tenant_id, roles: ['user'] });
    expect(found?.scopes).toEqual(expect.arrayContaining(['kms:read', 'kms:crypto', 'kms:encrypt', 'kms:elastic-keys:create']));
    expect(found?.scopes).not.toContain('kms:write');
  });

  it('do not count an attempt when the server was too busy to look', async () => {
    await using test = await identityDatabase(kind);
    const { username, password } = await insert(test.database);
    let busy = true;
    const accounts = createAccounts({
      database: test.database,
      passwords: { verify: (given, stored) => (busy ? Promise.reject(new Error('full')) : passwords.verify(given, stored)) },
    });
    for (let n = 0; n < 20; n++) await expect(accounts.authenticate({ username, password, address: ADDRESS })).rejects.toThrow('full');
    busy = false;
    expect(await accounts.authenticate({ username, password, address: ADDRESS })).not.toBeNull();
  });

  it('stop a guesser after a few attempts, and let the owner in from elsewhere', async () => {
    await using test = await identityDatabase(kind);
    const { username, password } = await insert(test.database);
    const clock = createManualClock('2030-01-01T00:00:00Z');
    const limits = createAttemptLimits({ clock });
    const accounts = createAccounts({ database: test.database, passwords, limits });
    const guess = () => accounts.authenticate({ username, password: `guess-${randomUUIDv7()}`, address: '203.0.113.66' });
    const guesses = Promise.allSettled(Array.from({ length: 100 }, guess));
    expect(await accounts.authenticate({ username, password, address: ADDRESS })).not.toBeNull();
    const refused = (await clock.until(guesses)).filter(({ status }) => status === 'rejected');
    // Those for whom there is no place to wait, at the least.
    expect(refused.length).toBeGreaterThan(50);
    expect(refused[0]).toMatchObject({
      reason: { code: 'too-many-attempts', status: 429, headers: { 'retry-after': expect.any(String) } },
    });
  });
});
