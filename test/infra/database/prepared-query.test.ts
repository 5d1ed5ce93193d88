import { randomUUIDv7 } from 'node:crypto';
import { expect, test } from 'vitest';
import { preparedQuery } from '#infra/database/prepared-query.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';

interface Tables {
  things: { name: string; kind: string };
}

test.each(databaseKinds())('a prepared query is built once, and gives the rows of each value on %s', async (kind) => {
  await using databases = await withDatabases(kind);
  const { db } = await databases.databases.open<Tables>('identity', [
    {
      name: '0001-things',
      up: async (schema) => void (await schema.schema.createTable('things').addColumn('name', 'text').addColumn('kind', 'text').execute()),
    },
  ]);
  const [one, two] = [randomUUIDv7(), randomUUIDv7()];
  await db
    .insertInto('things')
    .values([one, two].map((name) => ({ name, kind: 'known' })))
    .execute();
  let built = 0;
  const named = preparedQuery(db, (name: string, kind: string) => {
    built += 1;
    return db.selectFrom('things').select('name').where('kind', '=', kind).where('name', '=', name).where('kind', '!=', 'unknown');
  });

  const found = await Promise.all([one, two, randomUUIDv7()].map((name) => named(name, 'known')));
  expect(await named(one, 'unknown')).toEqual([]);

  expect([found, built]).toEqual([[[{ name: one }], [{ name: two }], []], 1]);
});
