import type { Migration } from '#infra/database/migration.ts';
import { createApiKeys } from './api-keys.table.ts';
import { addAuditRevisions, addAuditTags, createAuditTables } from './audit.table.ts';
import { createBarrierKeys } from './barrier-keys.table.ts';
import { addBrowserSessionGrant, createBrowserSessions } from './browser-sessions.table.ts';
import { createDemoResets } from './demo-resets.table.ts';
import { addElasticKeyLabels } from './elastic-key-labels.table.ts';
import { countElasticKeys, createElasticKeys } from './elastic-keys.table.ts';
import { addErasureBackoff, createErasuresDue } from './erasures-due.table.ts';
import { addFormerNames } from './former-names.table.ts';
import { createGrants } from './grants.table.ts';
import { addKeyUsage } from './key-usage.table.ts';
import { addLifeCycle } from './life-cycle.table.ts';
import { createIdempotencyKeys, createServiceIdempotencyKeys } from './idempotency-keys.table.ts';
import { addImportedKids } from './imported-kids.table.ts';
import { createMaterialKeys } from './material-keys.table.ts';
import { addUserProfile, createRealmUsers } from './realm-users.table.ts';
import { createClockLooks } from './clock-looks.table.ts';
import { createDatabasesToDrop } from './databases-to-drop.table.ts';
import { createServiceRowLedger, createTenantRowLedger } from './row-ledger.table.ts';
import { tagServiceRows, tagTenantRows } from './row-tags.ts';
import { addTenantLifeCycle, createTenantsTable } from './tenants.table.ts';
import { createTransportKeys } from './transport-keys.table.ts';

/**
 * The databases of the KMS: one for the service, one for its audit, and one for each tenant. This folder holds the type of every row and every migration,
 * and knows nothing of the slices above it: a row has texts and numbers, and the store of a slice parses them. A table is one file,
 * `<table>.table.ts`; `service-tables.ts` and `tenant-tables.ts` list them by database.
 */

/** Migrations of the service database, in the order in which they run; only ever appended to. */
export const serviceMigrations: readonly Migration[] = [
  createBarrierKeys,
  createTenantsTable,
  createRealmUsers,
  createDemoResets,
  createDatabasesToDrop,
  tagServiceRows,
  createServiceRowLedger,
  createClockLooks,
  createServiceIdempotencyKeys,
  addTenantLifeCycle,
  addUserProfile,
  createBrowserSessions,
  addBrowserSessionGrant,
];

/** Migrations of every tenant database, in the order in which they run; only ever appended to. */
export const tenantMigrations: readonly Migration[] = [
  createElasticKeys,
  createMaterialKeys,
  tagTenantRows,
  createTenantRowLedger,
  addLifeCycle,
  createIdempotencyKeys,
  createTransportKeys,
  addElasticKeyLabels,
  createErasuresDue,
  addKeyUsage,
  addErasureBackoff,
  countElasticKeys,
  addFormerNames,
  createApiKeys,
  createGrants,
  addImportedKids,
];

/** Migrations of the database of the audit, in the order in which they run; only ever appended to. */
export const auditMigrations: readonly Migration[] = [createAuditTables, addAuditTags, addAuditRevisions];
