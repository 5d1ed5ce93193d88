import { describe, expect, it } from 'vitest';
import type { AccountClaims } from '#identity/accounts/account.ts';
import { logInCounts } from '#identity/accounts/account.ts';
import { createEndAccess } from '#identity/admin/end-access.service.ts';
import { createAccounts } from '#identity/accounts/accounts.service.ts';
import { aClient, anAccount } from '#test/identity/support/identity-provider.ts';
import { identityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import { insertAccount, testPasswords as passwords } from '#test/identity/support/an-account-row.ts';
import { revocationLog } from '#test/identity/support/revocation-log.ts';
import { databaseKinds } from '#test/support/database.ts';
import { createManualClock } from '#test/support/manual-clock.ts';

describe('A log-in', () => {
  it.each([
    [undefined, 1_000, true],
    [null, 1_000, true],
    [1_000_999, 1_000, true],
    [1_001_000, 1_000, false],
    [1_000_000, undefined, false],
  ])('of an account whose access ended at %s ms, made at %s s, counts: %s', (accessEndedAt, at, counts) => {
    expect(logInCounts(accessEndedAt === undefined ? {} : { accessEndedAt }, at)).toBe(counts);
  });
});

describe.each(databaseKinds())('the end of access on %s', (kind) => {
  it('outlives the enabling of the account, also for what a request of that moment wrote once more', async () => {
    await using test = await identityDatabase(kind);
    const { database } = test;
    const clock = createManualClock('2030-01-01T00:00:00Z');
    const { id } = await insertAccount(database);
    const accounts = createAccounts({ database, passwords });
    const provider = { revokeForAccounts: async () => {}, revokeForClients: async () => {} };
    const ends = createEndAccess({ database, provider, revocations: revocationLog(), now: clock.wall });
    const loggedInAt = Math.floor(clock.wall() / 1000);
    const counts = async () => {
      const account = await accounts.find(id);
      return account && logInCounts(account, loggedInAt);
    };
    // What is enabled stays as it is.
    await ends.setDisabled(id, false);
    expect(await counts()).toBe(true);
    await clock.advance(5_000);
    await ends.setDisabled(id, true);
    expect(await counts()).toBeUndefined();
    await ends.setDisabled(id, false);
    expect(await counts()).toBe(false);
  });

  it('makes a session and a refresh token that are still in the database good for nothing', async () => {
    await using test = await providerOn(kind);
    const client = aClient();
    const account: AccountClaims = anAccount();
    test.register(client, account);
    const browser = test.browser();
    const attempt = test.attempt(client, { prompt: null, scope: 'openid offline_access kms:read' });
    const first = await (await test.exchange(attempt, await test.code(attempt, account, browser))).json<{ refresh_token: string }>();
    const refresh = () => test.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: first.refresh_token }, client);
    expect((await test.walk(browser, test.attempt(client, { prompt: null }).url)).pages).toEqual(['consent']);

    test.register({ ...account, accessEndedAt: Date.now() + 5_000 });
    expect((await refresh()).json()).toMatchObject({ error: 'invalid_grant' });
    expect((await test.walk(browser, test.attempt(client, { prompt: null }).url)).pages).toEqual(['login']);
  });
});
