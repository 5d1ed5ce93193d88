import { describe, expect, it } from 'vitest';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { createClientStore } from '#identity/clients/client.store.ts';
import { createNewClients } from '#identity/clients/new-clients.ts';
import type { ClientSecurity } from '#identity/clients/security/client-security.ts';
import { columnsOfSecurity, securityOfRow } from '#identity/clients/security/client-security.columns.ts';
import { securityOfFields } from '#identity/clients/security/client-security.fields.ts';
import { databaseKinds } from '#test/support/database.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { aClient } from '#test/identity/support/identity-provider.ts';

const SECURITIES: readonly [string, ClientSecurity][] = [
  ['nothing', {}],
  ['pushed requests alone', { requirePushedRequests: true }],
];

describe.each(databaseKinds())('the security of a client on %s', (kind) => {
  it('is read back from the database as it was registered', async () => {
    await using opened = await identityDatabase(kind);
    const { database } = opened;
    const passwords = createPasswords({ iterations: 1000 });
    const clients = createNewClients({ database, passwords, isOfConfiguration: () => false, now: Date.now });
    const store = createClientStore(database, { demo: false });
    for (const [, security] of SECURITIES) {
      const client = aClient(security);
      await clients.create(client, undefined);
      expect((await store.byClientId(client.clientId))?.client).toEqual(client);
    }
  });
});

it.each(SECURITIES)('%s has a column for each of its members, and is nothing where all are null', (_what, security) => {
  const columns = columnsOfSecurity(security);
  expect(Object.keys(columns)).toEqual(Object.keys(columnsOfSecurity({})));
  expect(securityOfRow(columns as never)).toEqual(security);
});

it('is read from the fields of RFC 7591, of which none is nothing', () => {
  expect(securityOfFields({})).toEqual({});
  expect(securityOfFields({ require_pushed_authorization_requests: false })).toEqual({});
  expect(securityOfFields({ require_pushed_authorization_requests: true })).toEqual({ requirePushedRequests: true });
});
