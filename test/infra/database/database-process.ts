/**
 * A process of its own on the databases of a test: `node database-process.ts <start|open|hang> <config JSON> <database> <row id>`.
 * `start` waits for the database as a server does, and says what it logs; `open` migrates and ends; `hang` commits one row, begins a transaction with another, and then waits to be killed.
 */
import type { DatabaseConfig } from '#infra/database/config.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import { startDatabases } from '#infra/database/open/start-databases.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { type TestTables, testMigrations, thing } from './database-tables.ts';

const say = (word: string): Promise<void> => new Promise((resolve) => process.stdout.write(`${word}\n`, () => resolve()));

const [task = '', config = '', name = '', id = ''] = process.argv.slice(2);
const start = async (): Promise<void> => {
  const log = { ...noTelemetry().log, info: (text: string) => void say(text), warn: (text: string) => void say(text) };
  const databases = await startDatabases(JSON.parse(config) as DatabaseConfig, { ...noTelemetry(), log });
  await say(databases === null ? 'stopped' : 'started');
  await databases?.[Symbol.asyncDispose]();
};

const use = async (): Promise<void> => {
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
};

await (task === 'start' ? start() : use());
