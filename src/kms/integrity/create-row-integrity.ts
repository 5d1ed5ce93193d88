import { createHmac, type KeyObject } from 'node:crypto';
import { InternalError } from '#infra/apperr/app-error.ts';
import { isUuidV4 } from '#infra/magic/uuid.ts';
import { equalSecrets } from '#infra/secrets/compare.ts';
import type { RowTag } from '#kms/database/row-tags.ts';
import type { Emit } from '#kms/events.ts';
import { canonicalRow } from './canonical-row.ts';
import { createDatabaseRows, type DatabaseRowsOptions } from './create-database-rows.ts';
import { createDamagedRows } from './damaged-rows.ts';
import { createRevisions, type Revisions } from './ledger/revisions.ts';
import { type Asked, type DatabaseRows, databaseRolledBack, rowDamaged, type RowIntegrity, type TenantRows } from './row-integrity.ts';
import { SERVICE, type TaggedTable, type TaggedTables, tenantOf, type Untagged } from './tagged-tables.ts';

const VERSION = 'v1';

const isAsAsked = (row: object, asked: object): boolean =>
  Object.entries(asked).every(([column, value]) => value === undefined || Reflect.get(row, column) === value);

/**
 * @param options.barrier has a key for each tenant; its `rowKey` throws `sealed` while it is sealed
 * @param options.revisions how far the ledgers had come; default: what this process has seen
 * @param options.emit tells of each damaged row, and again every ten minutes in which it is refused
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createRowIntegrity = (options: {
  readonly barrier: { readonly rowKey: (tenantId: string) => KeyObject; readonly state: () => 'sealed' | 'unsealed' };
  readonly revisions?: Revisions;
  readonly emit?: Emit;
  readonly elapsed?: () => number;
}): RowIntegrity => {
  const { barrier, revisions = createRevisions(), emit = () => {}, elapsed = () => performance.now() } = options;
  const damages = createDamagedRows({ emit, elapsed });

  const macOf = (owner: string, bytes: Buffer): string =>
    `${VERSION}.${createHmac('sha256', barrier.rowKey(owner)).update(bytes).digest('base64url')}`;

  const tagOf = (table: TaggedTable, tenantId: string, row: { readonly id: string } & Pick<RowTag, 'row_revision'>): string | null => {
    const bytes = canonicalRow({ table, id: row.id, tenantId, revision: row.row_revision }, { ...row });
    return bytes && macOf(tenantId, bytes);
  };

  const refusal = (table: TaggedTable, tenantId: string, id: string) => rowDamaged(damages.note({ table, id, tenantId }));

  const tagged = <T extends TaggedTable>(table: T, tenantId: string, row: Untagged<T>, revision: number): TaggedTables[T] => {
    const revised = { ...row, row_revision: revision };
    const tag = tagOf(table, tenantId, revised);
    if (tag === null) throw new InternalError(`a row of ${table} has a value that no tag covers`);
    return { ...revised, row_tag: tag } as unknown as TaggedTables[T];
  };

  const checked = <T extends TaggedTable>(tenantId: string, table: T, row: TaggedTables[T], asked: Asked<T>): TaggedTables[T] => {
    const { id, row_tag: tag } = row;
    const expected = isUuidV4(tenantId) ? tagOf(table, tenantId, row) : null;
    if (tag === null || expected === null || !equalSecrets(tag, expected)) throw refusal(table, tenantId, id);
    if (!isAsAsked(row, asked)) throw refusal(table, tenantId, id);
    return row;
  };

  const rowsIn = <Table extends TaggedTable, Tables>(owner: string): DatabaseRows<Table, Tables> => {
    const refusals: DatabaseRowsOptions['refusals'] = {
      row: (table, row) => refusal(table, tenantOf(table, row, owner), row.id),
      damaged: (table, id) => rowDamaged(damages.note({ table, id, tenantId: owner })),
      rolledBack: (_, found, known) => {
        const error = databaseRolledBack(owner, found, known);
        damages.note({ table: 'row_ledger', id: owner, tenantId: owner }, { type: 'database-rolled-back', owner, message: error.message });
        return error;
      },
    };
    return createDatabaseRows<Table, Tables>({
      owner,
      tagOf: macOf,
      revisions,
      refusals,
      checked: (table, row, asked) => checked(tenantOf(table, row, owner), table, row, asked),
      whole: damages.whole,
    });
  };

  const of = (tenantId: string): TenantRows => ({
    ...rowsIn(tenantId),
    checked: (table, row, asked) => {
      const whole = checked(tenantId, table, row, asked);
      damages.whole(table, whole.id);
      return whole;
    },
    first: (table, row) => tagged(table, tenantId, row, 1),
    next: (table, before, changes) => tagged(table, tenantId, { ...before, ...changes }, before.row_revision + 1),
    keyedHash: (text) => macOf(tenantId, Buffer.from(`keyed hash\0${text}`)),
    refusal: (table, id) => refusal(table, tenantId, id),
  });

  return { of, service: rowsIn(SERVICE), isReadable: () => barrier.state() === 'unsealed', damaged: () => damages.all() };
};
