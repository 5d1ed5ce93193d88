import { randomUUIDv7 } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Attributes, Telemetry } from '#infra/telemetry/telemetry.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { type TestTables, testMigrations, thing } from '#test/infra/database/database-tables.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';

interface Recorded {
  readonly name: string;
  readonly kind: string | undefined;
  readonly attributes: Attributes | undefined;
}

describe.each(databaseKinds())('spans of queries on %s', (kind) => {
  let recorded: Recorded[];
  let inTrace: boolean;
  let test: TestDatabases;

  beforeEach(async () => {
    recorded = [];
    inTrace = true;
    const telemetry: Telemetry = {
      ...noTelemetry(),
      traceId: () => (inTrace ? '0af7651916cd43dd8448eb211c80319c' : null),
      span: (name, options, run) => {
        recorded.push({ name, kind: options.kind, attributes: options.attributes });
        return run({ set: () => {} });
      },
    };
    test = await withDatabases(kind, { telemetry });
  });

  afterEach(async () => test[Symbol.asyncDispose]());

  it('say what was done to which table, and hold neither SQL nor a value', async () => {
    await using database = await test.databases.open<TestTables>('service', testMigrations);
    recorded = [];
    const secret = `secret ${randomUUIDv7()}`;
    const row = thing({ id: randomUUIDv7(), name: secret });
    await database.transaction(async (tx) => {
      await tx.insertInto('things').values(row).execute();
      await tx.updateTable('things').set({ flag: 1 }).where('name', '=', secret).execute();
    });
    await database.db.selectFrom('things as t').selectAll('t').where('t.name', '=', secret).execute();
    await database.db.deleteFrom('things').where('name', '=', secret).execute();
    expect(recorded.map((span) => span.name)).toEqual(['db insert things', 'db update things', 'db select things', 'db delete things']);
    expect(recorded[0]).toEqual({
      name: 'db insert things',
      kind: 'client',
      attributes: {
        'db.system.name': kind === 'sqlite' ? 'sqlite' : 'postgresql',
        'db.namespace': 'service',
        'db.operation.name': 'insert',
        'db.collection.name': 'things',
      },
    });
    expect(JSON.stringify(recorded)).not.toContain(secret);
  });

  it('are left out where there is no trace to belong to', async () => {
    await using database = await test.databases.open<TestTables>('service', testMigrations);
    recorded = [];
    inTrace = false;
    await database.db.selectFrom('things').selectAll().execute();
    expect(recorded).toEqual([]);
  });
});
