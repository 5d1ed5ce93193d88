import type { Migration } from '../src/infra/database/migration.ts';
import { identityMigrations } from '../src/identity/database/migrations.ts';
import { auditMigrations, serviceMigrations, tenantMigrations } from '../src/kms/database/migrations.ts';

/** Every database of a stack, by the name that a snapshot gives it. */
const LISTS: Readonly<Record<string, readonly Migration[]>> = {
  Identity: identityMigrations,
  'the KMS': serviceMigrations,
  'tenants of the KMS': tenantMigrations,
  'the audit': auditMigrations,
};

/** The names of all migrations, for the room that sees neither server: by them a snapshot of a newer version is known. */
export const knownSchemasSource = (): string => {
  const names = Object.fromEntries(Object.entries(LISTS).map(([database, list]) => [database, list.map(({ name }) => name)]));
  return `// Written by \`npm run generate\` from the migrations of both servers.

/** Migrations of each database of a stack, in order. */
export const KNOWN_SCHEMAS: Readonly<Record<string, readonly string[]>> = ${JSON.stringify(names, null, 2)};
`;
};
