import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { DatabaseConfig } from '../config.ts';
import type { Databases } from '../databases.ts';

export interface DatabasesOptions {
  readonly telemetry?: Telemetry;
}

/**
 * Opens the folder (SQLite) or the connection pool (PostgreSQL) that the configuration names.
 *
 * @throws AppError `tls-file-unreadable`, `secret-unreadable`, `database-folder-unusable`
 */
export const openDatabases = async (config: DatabaseConfig, options: DatabasesOptions = {}): Promise<Databases> => {
  const telemetry = options.telemetry ?? noTelemetry();
  // Only one of the two is ever needed, and each costs a start its loading time.
  if (config.kind === 'sqlite') return (await import('../sqlite/sqlite-databases.ts')).openSqliteDatabases(config, telemetry);
  return (await import('../postgres/postgres-databases.ts')).openPostgresDatabases(config, telemetry);
};
