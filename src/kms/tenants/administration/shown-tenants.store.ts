import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '#infra/database/config.ts';
import type { Position } from '#infra/http/request/cursor.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import { type AskedLabel, hasLabel } from '#kms/keys/elastic-keys/labels.ts';
import { isTenantId, KEPT_STATES, type TenantRecord } from '../tenant.ts';
import { recordOf } from '../tenants.store.ts';
import { type ListTenants, SHOWN_STATES } from './administration.ts';

/** The beginning of a label in the JSON of its column, or all of it: no text within a value looks like one, because its quotes are escaped. */
const labelText = ({ name, value }: AskedLabel): string =>
  value === undefined ? `${JSON.stringify(name)}:` : `${JSON.stringify(name)}:${JSON.stringify(value)}`;

/**
 * Queries on the tenants that administrators see; each is one statement.
 *
 * @param options.demo whether those of the demo are among them
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write, in a list too; `sealed` 503
 */
export const shownTenantsStore = (
  db: Kysely<ServiceTables>,
  rows: Rows,
  { kind, demo }: { readonly kind: DatabaseKind; readonly demo: boolean },
) => {
  const shown = () => {
    const query = db.selectFrom('kms_tenants').selectAll().where('state', 'in', SHOWN_STATES);
    return demo ? query : query.where('demo', '=', 0);
  };
  const ofDemo = demo ? undefined : 0;
  /** The owner of the database decides what its queries find; what was asked for is checked here. */
  const checked = (records: readonly TenantRecord[], isAsAsked: (record: TenantRecord) => boolean): readonly TenantRecord[] => {
    const stray = records.find((record) => !(SHOWN_STATES as readonly string[]).includes(record.state) || !isAsAsked(record));
    if (stray !== undefined) throw rows.of(stray.id).refusal('kms_tenants', stray.id);
    return records;
  };
  const contains = (text: string) =>
    kind === 'sqlite' ? sql<boolean>`instr(labels, ${text}) > 0` : sql<boolean>`strpos(labels, ${text}) > 0`;

  return {
    /** By its id, or by its name while it is not removed. */
    find: async (tenant: string): Promise<TenantRecord | undefined> => {
      const isId = isTenantId(tenant);
      const asked = shown();
      const query = isId ? asked.where('id', '=', tenant) : asked.where('name', '=', tenant).where('state', 'in', KEPT_STATES);
      const found = await rows.service.read('kms_tenants', db, () => query.limit(1).execute(), {
        ...(isId ? { id: tenant } : { name: tenant }),
        demo: ofDemo,
      });
      return checked(found.map(recordOf), ({ state }) => isId || state !== 'removed')[0];
    },

    /** At most `limit` after a position, in the order of the sort. */
    list: async (
      { name, state, labels = [] }: Pick<ListTenants, 'name' | 'state' | 'labels'>,
      page: { column: 'name' | 'created_at'; direction: 'asc' | 'desc'; after: Position | null; limit: number },
    ): Promise<readonly TenantRecord[]> => {
      const { column, direction, after, limit } = page;
      let query = shown();
      if (name !== undefined) query = query.where('name', '=', name);
      if (state !== undefined) query = query.where('state', '=', state);
      for (const label of labels) query = query.where(contains(labelText(label)));
      if (after) {
        const beyond = direction === 'asc' ? '>' : '<';
        query = query.where((where) =>
          where.or([where(column, beyond, after.value), where.and([where(column, '=', after.value), where('id', beyond, after.id)])]),
        );
      }
      const ordered = query.orderBy(column, direction).orderBy('id', direction).limit(limit);
      const found = await rows.service.read('kms_tenants', db, () => ordered.execute(), { name, state, demo: ofDemo });
      return checked(found.map(recordOf), (record) => labels.every((label) => hasLabel(record.labels, label)));
    },

    /** Those that are not removed. */
    count: async (): Promise<number> => {
      const { count } = await db
        .selectFrom('kms_tenants')
        .select(({ fn }) => fn.countAll().as('count'))
        .where('state', 'in', KEPT_STATES)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
  };
};

export type ShownTenants = ReturnType<typeof shownTenantsStore>;
