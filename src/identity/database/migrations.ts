import type { Migration } from '#infra/database/migration.ts';
import {
  clientAlgorithmsMigration,
  clientCertificatesMigration,
  clientKeysMigration,
  clientPushedRequestsMigration,
  clientRefreshTokensMigration,
} from './client-security.table.ts';
import { accountAccessMigration, accountMigration } from './accounts.table.ts';
import { initialTokenMigration } from './initial-tokens.table.ts';
import { logoutMigration } from './logouts.table.ts';
import {
  clientAdministrationMigration,
  clientLogoutMigration,
  clientMigration,
  clientOriginMigration,
  clientTokenMigration,
} from './clients.table.ts';
import { secondFactorMigration } from './factors.table.ts';
import { passkeyMigration } from './passkeys.table.ts';
import { demoMigration } from './demo.table.ts';
import { signingKeyAlgorithmMigration, signingKeyEncryptionMigration, signingKeyMigration } from './signing-keys.table.ts';
import { payloadMigration, payloadTimeMigration, successorMigration } from './payloads.table.ts';
import { revocationMigration } from './revocations.table.ts';

/** Every migration of Identity's database, in the order in which they run; new ones go to the end. */
export const identityMigrations: readonly Migration[] = [
  accountMigration,
  clientMigration,
  demoMigration,
  payloadMigration,
  signingKeyMigration,
  payloadTimeMigration,
  signingKeyEncryptionMigration,
  clientTokenMigration,
  revocationMigration,
  clientOriginMigration,
  clientAdministrationMigration,
  clientPushedRequestsMigration,
  accountAccessMigration,
  successorMigration,
  clientLogoutMigration,
  logoutMigration,
  clientKeysMigration,
  clientCertificatesMigration,
  initialTokenMigration,
  secondFactorMigration,
  signingKeyAlgorithmMigration,
  clientAlgorithmsMigration,
  passkeyMigration,
  clientRefreshTokensMigration,
];
