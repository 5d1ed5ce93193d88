import { expect, it, describe } from 'vitest';
import { createAdministeredAccounts } from '#identity/accounts/create-administered-accounts.ts';
import { databaseKinds } from '#test/support/database.ts';
import { insertAccount } from '#test/identity/support/an-account-row.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';

describe.each(databaseKinds())('Accounts as operators see them, on %s', (kind) => {
  it('come page by page, disabled ones too, and those of the demo only where it runs', async () => {
    await using opened = await identityDatabase(kind);
    const { database } = opened;
    for (const username of ['beth', 'anna', 'carl']) await insertAccount(database, { username });
    await insertAccount(database, { username: 'demo-user', demo: 1 });
    await insertAccount(database, { username: 'gone', retired_at: 1 });
    await database.db.updateTable('accounts').set({ disabled: 1 }).where('username', '=', 'beth').execute();
    const accounts = createAdministeredAccounts({ database, demo: false });
    const first = await accounts.list({ limit: 2 });
    const second = await accounts.list({ limit: 2, cursor: String(first.nextCursor) });
    const shown = [...first.items, ...second.items].map(({ account, disabled }) => [account.username, disabled]);
    expect([shown, second.nextCursor]).toEqual([
      [
        ['anna', false],
        ['beth', true],
        ['carl', false],
      ],
      null,
    ]);
    const [demo] = (await createAdministeredAccounts({ database, demo: true }).list({ username: 'demo-user' })).items;
    expect(demo).toMatchObject({ demo: true });
    await expect(accounts.read(String(demo?.account.id))).rejects.toMatchObject({ code: 'account-unknown', status: 404 });
    await expect(accounts.list({ cursor: 'bm8' })).rejects.toMatchObject({ code: 'cursor-invalid' });
  });
});
