import { type CompiledQuery, type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '#infra/database/config.ts';
import type { AuditChainRow, AuditIndexRow, AuditPartRow, AuditRevisionRow, AuditTables } from '#kms/database/audit.table.ts';

/** What an acknowledged record survives: the end of this process, or the end of the machine, too. */
export type Durability = 'process' | 'disk';

/** Rows of one statement: SQLite takes 32,766 parameters, PostgreSQL 65,535. */
const ROWS_AT_ONCE = 1_000;

type AppendPart = (part: AuditPartRow) => Promise<void>;

/**
 * The one statement of the hot path, compiled once. On PostgreSQL it says itself what its commit waits for; a SQLite connection has been
 * told.
 *
 * @see https://www.postgresql.org/docs/17/wal-async-commit.html
 */
export const partAppender = (db: Kysely<AuditTables>, kind: DatabaseKind, durability: Durability): AppendPart => {
  const placeholder: AuditPartRow = { chain: '', part: 0, last_seq: 0, lines: '', tag: null };
  const columns = ['chain', 'part', 'last_seq', 'lines', 'tag'] as const;
  const isAsynchronous = kind === 'postgres' && durability === 'process';
  const compiled: CompiledQuery = isAsynchronous
    ? db
        .with('durability', (with_) => with_.selectNoFrom(sql<string>`set_config('synchronous_commit', 'off', true)`.as('setting')))
        .insertInto('audit_parts')
        .columns([...columns])
        .expression((from) =>
          from
            .selectFrom('durability')
            .select([
              sql<string>`${placeholder.chain}::text`.as('chain'),
              sql<number>`${placeholder.part}::integer`.as('part'),
              sql<number>`${placeholder.last_seq}::bigint`.as('last_seq'),
              sql<string>`${placeholder.lines}::text`.as('lines'),
              sql<string | null>`${placeholder.tag}::text`.as('tag'),
            ]),
        )
        .compile()
    : db.insertInto('audit_parts').values(placeholder).compile();
  return async ({ chain, part, last_seq: lastSeq, lines, tag }) => {
    await db.executeQuery({ ...compiled, parameters: [chain, part, lastSeq, lines, tag] });
  };
};

/** Queries on the tables of the audit, each one statement but for `addIndex`. @param db its database, or a transaction on it */
export const auditStore = (db: Kysely<AuditTables>) => ({
  addPart: async (part: AuditPartRow): Promise<void> => {
    await db.insertInto('audit_parts').values(part).execute();
  },
  setTag: async ({ chain, part }: Pick<AuditPartRow, 'chain' | 'part'>, tag: string): Promise<void> => {
    await db.updateTable('audit_parts').set({ tag }).where('chain', '=', chain).where('part', '=', part).execute();
  },
  /** A row that is there already says the same, and a head must not fail for what callers are called. */
  addIndex: async (rows: readonly AuditIndexRow[]): Promise<void> => {
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      await db
        .insertInto('audit_index')
        .values(rows.slice(at, at + ROWS_AT_ONCE))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  },
  /** An older position changes nothing: another replica may have said a later one. */
  setRevisions: async (rows: readonly AuditRevisionRow[]): Promise<void> => {
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      await db
        .insertInto('audit_revisions')
        .values(rows.slice(at, at + ROWS_AT_ONCE))
        .onConflict((conflict) =>
          conflict
            .column('owner')
            .doUpdateSet(({ ref }) => ({
              ledger: ref('excluded.ledger'),
              revision: ref('excluded.revision'),
              chain: ref('excluded.chain'),
              part: ref('excluded.part'),
            }))
            .where(({ eb, ref, and, or }) =>
              or([
                eb('excluded.ledger', '>', ref('audit_revisions.ledger')),
                and([
                  eb('excluded.ledger', '=', ref('audit_revisions.ledger')),
                  eb('excluded.revision', '>', ref('audit_revisions.revision')),
                ]),
              ]),
            ),
        )
        .execute();
    }
  },
  /** The parts that should be the heads that say last how far the databases had come, each once. */
  revisionParts: (): Promise<AuditPartRow[]> =>
    db
      .selectFrom('audit_parts')
      .selectAll()
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('audit_revisions')
            .select('owner')
            .whereRef('audit_revisions.chain', '=', 'audit_parts.chain')
            .whereRef('audit_revisions.part', '=', 'audit_parts.part'),
        ),
      )
      .execute(),
  /** @returns of how many databases */
  forgetRevisions: async (): Promise<number> => Number((await db.deleteFrom('audit_revisions').executeTakeFirstOrThrow()).numDeletedRows),
  addChain: async (chain: AuditChainRow): Promise<void> => {
    await db.insertInto('audit_chains').values(chain).execute();
  },
  /** @returns false where the chain has ended meanwhile */
  setChain: async ({ id, ...chain }: AuditChainRow): Promise<boolean> => {
    const { numUpdatedRows } = await db
      .updateTable('audit_chains')
      .set(chain)
      .where('id', '=', id)
      .where('ended', '=', 0)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  },
  /** Chains by age, the oldest first. */
  chains: (): Promise<AuditChainRow[]> => db.selectFrom('audit_chains').selectAll().orderBy('id').execute(),
  /** The parts that should be the latest heads of the chains that began last, the youngest first. */
  headParts: (limit?: number): Promise<AuditPartRow[]> => {
    const query = db
      .selectFrom('audit_chains')
      .innerJoin('audit_parts', (join) =>
        join.onRef('audit_parts.chain', '=', 'audit_chains.id').onRef('audit_parts.part', '=', 'audit_chains.part'),
      )
      .selectAll('audit_parts')
      .orderBy('audit_chains.id', 'desc');
    return (limit === undefined ? query : query.limit(limit)).execute();
  },
  /** Chains that somebody has begun and nobody has ended, whose latest head is older. */
  unended: (olderThan: number): Promise<AuditChainRow[]> =>
    db.selectFrom('audit_chains').selectAll().where('ended', '=', 0).where('at', '<', olderThan).orderBy('id').execute(),
  /** -1 for a chain without one. */
  lastPart: async (chain: string): Promise<number> => {
    const query = db.selectFrom('audit_parts').select('part').where('chain', '=', chain).orderBy('part', 'desc').limit(1);
    return (await query.executeTakeFirst())?.part ?? -1;
  },
  /** Parts in their order. */
  parts: (chain: string, { from, to, limit }: { readonly from: number; readonly to?: number; readonly limit?: number }) => {
    let query = db.selectFrom('audit_parts').selectAll().where('chain', '=', chain).where('part', '>=', from).orderBy('part');
    if (to !== undefined) query = query.where('part', '<=', to);
    if (limit !== undefined) query = query.limit(limit);
    return query.execute();
  },
});
