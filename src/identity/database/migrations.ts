import type { Migration } from '#infra/database/migration.ts';
import { accountMigration } from '#identity/accounts/account.table.ts';
import { clientMigration } from '#identity/clients/client.table.ts';
import { demoMigration } from '#identity/demo/demo.table.ts';
import { signingKeyMigration } from '#identity/keys/signing-keys.table.ts';
import { payloadMigration, payloadTimeMigration } from '#identity/provider/store/payloads.table.ts';

/** Every migration of Identity's database, in the order in which they run; new ones go to the end. */
export const identityMigrations: readonly Migration[] = [
  accountMigration,
  clientMigration,
  demoMigration,
  payloadMigration,
  signingKeyMigration,
  payloadTimeMigration,
];
