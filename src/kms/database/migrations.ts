import type { Migration } from '#infra/database/migration.ts';
import { createBarrierKeys } from '#kms/barrier/barrier-keys.table.ts';
import { createElasticKeys } from '#kms/elastic-keys/elastic-key.table.ts';
import { createMaterialKeys } from '#kms/material-keys/material-key.table.ts';

/** Migrations of the service database, in the order in which they run; only ever appended to. */
export const serviceMigrations: readonly Migration[] = [createBarrierKeys];

/** Migrations of every tenant database, in the order in which they run; only ever appended to. */
export const tenantMigrations: readonly Migration[] = [createElasticKeys, createMaterialKeys];
