import { hash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { storedTexts, storedWord } from '#infra/database/stored-values.ts';
import type { GrantRow } from '#kms/database/grants.table.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';
import { CONTEXT_RULES, type Grant, GRANTED_OPERATIONS, GRANTER_KINDS, type Principal, PRINCIPAL_KINDS } from './grant.ts';

/** By this the grants of a principal are found, in the database and in memory. */
export const hashOfPrincipal = ({ kind, issuer, subject }: Principal): string =>
  hash('sha256', JSON.stringify([kind, issuer, subject]), 'base64url');

const grantOf = (row: GrantRow): Grant => {
  const of = (column: string) => `the ${column} of grant ${row.id}`;
  const { context_rule: rule, context_value: value } = row;
  return {
    id: row.id,
    elasticKeyId: row.elastic_key_id,
    grantee: {
      kind: storedWord(row.grantee_kind, PRINCIPAL_KINDS, of('grantee')),
      issuer: row.grantee_issuer,
      subject: row.grantee_subject,
    },
    operations: storedTexts(row.operations, of('operations')).map((each) => storedWord(each, GRANTED_OPERATIONS, of('operations'))),
    context: rule === null || value === null ? null : { rule: storedWord(rule, CONTEXT_RULES, of('context')), value },
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    grantedBy: {
      kind: storedWord(row.granter_kind, GRANTER_KINDS, of('granter')),
      issuer: row.granter_issuer,
      subject: row.granter_subject,
    },
  };
};

/**
 * Queries on `grants`.
 *
 * @param db the database of the tenant, or a transaction on it
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write, or that is put back after its end; `sealed` 503
 */
export const grantsStore = (db: Kysely<TenantTables>, rows: TenantRows) => {
  const all = () => db.selectFrom('grants').selectAll();
  const count = () => db.selectFrom('grants').select(({ fn }) => fn.countAll().as('count'));
  const number = async (query: ReturnType<typeof count>): Promise<number> => Number((await query.executeTakeFirstOrThrow()).count);
  return {
    insert: async (grant: Grant): Promise<void> => {
      const { grantee, grantedBy, context } = grant;
      const row = rows.first('grants', {
        id: grant.id,
        elastic_key_id: grant.elasticKeyId,
        grantee_hash: hashOfPrincipal(grantee),
        grantee_kind: grantee.kind,
        grantee_issuer: grantee.issuer,
        grantee_subject: grantee.subject,
        operations: JSON.stringify(grant.operations),
        context_rule: context?.rule ?? null,
        context_value: context?.value ?? null,
        created_at: grant.createdAt,
        expires_at: grant.expiresAt,
        granter_kind: grantedBy.kind,
        granter_issuer: grantedBy.issuer,
        granter_subject: grantedBy.subject,
      });
      await rows.put('grants', db, async (tx) => {
        await tx.insertInto('grants').values(row).execute();
        return [row];
      });
    },

    byId: async (elasticKeyId: string, id: string): Promise<Grant | undefined> => {
      const query = all().where('id', '=', id).where('elastic_key_id', '=', elasticKeyId).limit(1);
      const [row] = await rows.read('grants', db, () => query.execute(), { id, elastic_key_id: elasticKeyId });
      return row && grantOf(row);
    },

    /** Those that have not expired, at most `limit` after an id, by id. @param page.now epoch milliseconds */
    ofKey: async (
      elasticKeyId: string,
      page: { readonly now: number; readonly after: string | null; readonly limit: number },
    ): Promise<readonly Grant[]> => {
      const { now, after, limit } = page;
      const found = all().where('elastic_key_id', '=', elasticKeyId).where('expires_at', '>', now);
      const query = (after === null ? found : found.where('id', '>', after)).orderBy('id').limit(limit);
      return (await rows.read('grants', db, () => query.execute(), { elastic_key_id: elasticKeyId })).map(grantOf);
    },

    /** @param hashOf of `hashOfPrincipal` */
    ofGrantee: async (hashOf: string): Promise<readonly Grant[]> => {
      const query = all().where('grantee_hash', '=', hashOf).orderBy('id');
      return (await rows.read('grants', db, () => query.execute(), { grantee_hash: hashOf })).map(grantOf);
    },

    /** @returns whether it was there: of two who remove it at once, one has done so */
    remove: async (id: string): Promise<boolean> => {
      const removed = await rows.remove('grants', db, async (tx) => {
        const gone = await tx.deleteFrom('grants').where('id', '=', id).returning('id').execute();
        return gone.map((row) => row.id);
      });
      return removed.length > 0;
    },

    /** Removes those of a tenant that have expired. Where there are none, nothing is written. @param now epoch milliseconds */
    removeExpired: async (now: number): Promise<void> => {
      const [expired] = await db.selectFrom('grants').select('id').where('expires_at', '<=', now).limit(1).execute();
      if (expired === undefined) return;
      await rows.remove('grants', db, async (tx) => {
        const gone = await tx.deleteFrom('grants').where('expires_at', '<=', now).returning('id').execute();
        return gone.map(({ id }) => id);
      });
    },

    count: () => number(count()),
    countOfKey: (elasticKeyId: string) => number(count().where('elastic_key_id', '=', elasticKeyId)),
    countOfGrantee: (hashOf: string) => number(count().where('grantee_hash', '=', hashOf)),
  };
};
