import type { Kysely } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

type ColumnType = 'text' | 'integer' | 'bigint';

// A migration knows no tables of the present.
// oxlint-disable-next-line typescript/no-explicit-any
const addColumns = async (db: Kysely<any>, table: string, added: Readonly<Record<string, ColumnType>>): Promise<void> => {
  // SQLite adds one column a statement.
  for (const [column, type] of Object.entries(added)) await db.schema.alterTable(table).addColumn(column, type).execute();
};

/** Revocation, and deletion that is scheduled. The indexes find what is due without a look at the rest. */
export const addLifeCycle: Migration = {
  name: '0005-life-cycle',
  up: async (db, kind) => {
    const { millis, flag } = columns(kind);
    await addColumns(db, 'elastic_keys', {
      deletion_due_at: millis,
      restores_to: 'text',
      destroyed_at: millis,
      version_changes: 'integer',
    });
    await addColumns(db, 'material_keys', {
      revoked_at: millis,
      revocation_reason: 'text',
      revocation_comment: 'text',
      revoked_processes: flag,
      deletion_due_at: millis,
      destroyed_at: millis,
    });
    for (const table of ['elastic_keys', 'material_keys'])
      await db.schema.createIndex(`${table}_by_deletion`).on(table).column('deletion_due_at').execute();
  },
};
