import type { Database } from '#infra/database/databases.ts';
import type { DatabaseKind } from '#infra/database/config.ts';
import { identityMigrations } from '#identity/database/migrations.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { type TestDatabases, withDatabases } from '../../support/database.ts';
import { type ProviderTestOptions, startProvider, type TestProvider } from './identity-provider.ts';

export interface IdentityDatabase extends AsyncDisposable {
  readonly database: Database<IdentityTables>;
  /** The same database as a second process would open it. */
  reopen(): Promise<Database<IdentityTables>>;
  /** All that a dump would show, as one text; bytes as hexadecimal, base64 and base64url. */
  dump(): Promise<string>;
}

const asText = (value: unknown): string => {
  if (!(value instanceof Uint8Array)) return String(value);
  const bytes = Buffer.from(value);
  return `${bytes.toString('latin1')} ${bytes.toString('hex')} ${bytes.toString('base64')} ${bytes.toString('base64url')}`;
};

/** A fresh database of Identity. */
export const identityDatabase = async (kind: DatabaseKind): Promise<IdentityDatabase> => {
  const databases: TestDatabases = await withDatabases(kind);
  const database = await databases.databases.open<IdentityTables>('identity', identityMigrations);
  return {
    database,
    reopen: async () => (await databases.reopen()).open<IdentityTables>('identity', identityMigrations),
    dump: async () => {
      const names = new Set((await database.db.introspection.getTables()).map(({ name }) => name as keyof IdentityTables));
      const tables = await Promise.all([...names].map((table) => database.db.selectFrom(table).selectAll().execute()));
      return tables
        .flat()
        .flatMap((row) => Object.values(row).map(asText))
        .join('\n');
    },
    [Symbol.asyncDispose]: () => databases[Symbol.asyncDispose](),
  };
};

/** A provider on a fresh database. */
export const providerOn = async (kind: DatabaseKind, options: ProviderTestOptions = {}): Promise<TestProvider & IdentityDatabase> => {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await identityDatabase(kind));
  const provider = stack.use(await startProvider(database.database, options));
  const cleanup = stack.move();
  return { ...database, ...provider, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
};
