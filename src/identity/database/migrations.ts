import type { Migration } from '#infra/database/migration.ts';
import { accountMigration } from '../accounts/account.table.ts';
import { clientMigration } from '../clients/client.table.ts';
import { demoMigration } from '../demo/demo.table.ts';
import { signingKeyMigration } from '../keys/signing-keys.table.ts';
import { payloadMigration } from '../provider/store/payloads.table.ts';

/** Every migration of Identity's database, in the order in which they run; new ones go to the end. */
export const identityMigrations: readonly Migration[] = [
  accountMigration,
  clientMigration,
  demoMigration,
  payloadMigration,
  signingKeyMigration,
];
