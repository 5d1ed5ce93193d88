/**
 * A process of its own on the databases of a test: `node database-process.ts <open|hang> <config JSON> <database> <row id>`.
 * `open` migrates and ends; `hang` commits one row, begins a transaction with another, and then waits to be killed.
 */
import type { DatabaseConfig } from '#infra/database/config.ts';
import { openDatabases } from '#infra/database/databases.ts';
import { type TestTables, testMigrations, thing } from './database-tables.ts';

const say = (word: string): Promise<void> => new Promise((resolve) => process.stdout.write(`${word}\n`, () => resolve()));

const [task = '', config = '', name = '', id = ''] = process.argv.slice(2);
await using databases = await openDatabases(JSON.parse(config) as DatabaseConfig);
await using database = await databases.open<TestTables>(name, testMigrations);

if (task === 'open') {
  await say('opened');
} else {
  await database.transaction((tx) =>
    tx
      .insertInto('things')
      .values(thing({ id, name: `committed ${id}` }))
      .execute(),
  );
  await say('committed');
  await database.transaction(async (tx) => {
    await tx
      .insertInto('things')
      .values(thing({ id: `${id}-open`, name: `open ${id}` }))
      .execute();
    await say('in transaction');
    // Keeps the process alive until it is killed.
    setInterval(() => {}, 60_000);
    await new Promise(() => {});
  });
}
