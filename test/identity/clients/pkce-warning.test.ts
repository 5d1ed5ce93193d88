import { expect, it } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { identityMigrations } from '#identity/database/migrations.ts';
import { loadIdentityConfig } from '#identity/config.ts';
import { createNewClients } from '#identity/clients/new-clients.ts';
import { buildIdentity } from '#identity/server.ts';
import { withDatabases } from '#test/support/database.ts';
import { identityFiles } from '#test/support/identity.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { aClient } from '#test/identity/support/identity-provider.ts';

it('A start warns of each client of an operator that relies on nonce in the place of PKCE, and of no other', async () => {
  await using test = await withDatabases('sqlite');
  await using folder = await temporaryDirectory();
  await using database = await test.databases.open<IdentityTables>('identity', identityMigrations);
  const passwords = { hash: async () => 'a hash' };
  const made = createNewClients({ database, passwords, isOfConfiguration: () => false, now: Date.now });
  const excepted = aClient({ requiresPkce: false, authMethod: 'client_secret_basic' });
  await made.create(excepted, 'a secret');
  await made.create(aClient(), undefined);

  const warned: string[] = [];
  const silent = noTelemetry();
  const telemetry = { ...silent, log: { ...silent.log, warn: (message: string) => void warned.push(message) } };
  const { configFiles } = await identityFiles(folder.path, { database: test.config });
  await using _identity = await buildIdentity({ config: await loadIdentityConfig(configFiles), telemetry, demo: false });
  expect(warned.filter((message) => message.includes('PKCE'))).toEqual([
    `clients without PKCE, which rely on nonce (RFC 9700 section 2.1.1): ${excepted.clientId}`,
  ]);
});
