import type { Migration } from '#infra/database/migration.ts';
import { createBarrierKeys } from '#kms/barrier/barrier-keys.table.ts';
import { createDemoResets } from '#kms/demo/demo-resets.table.ts';
import { createElasticKeys } from '#kms/elastic-keys/elastic-key.table.ts';
import { createMaterialKeys } from '#kms/material-keys/material-key.table.ts';
import { createRealmUsers } from '#kms/realms/realm-users.table.ts';
import { createDatabasesToDrop } from '#kms/tenants/databases-to-drop.table.ts';
import { createTenantsTable } from '#kms/tenants/tenants.table.ts';

/** Migrations of the service database, in the order in which they run; only ever appended to. */
export const serviceMigrations: readonly Migration[] = [
  createBarrierKeys,
  createTenantsTable,
  createRealmUsers,
  createDemoResets,
  createDatabasesToDrop,
];

/** Migrations of every tenant database, in the order in which they run; only ever appended to. */
export const tenantMigrations: readonly Migration[] = [createElasticKeys, createMaterialKeys];
