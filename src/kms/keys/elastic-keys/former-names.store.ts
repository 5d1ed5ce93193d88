import type { Kysely } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';

/** Names of one tenant that keys gave up by being renamed; those of keys that are destroyed come on top. */
const MAX_FORMER_NAMES = 20_000;

/** Refuses a rename when the tenant has given up as many names as are remembered. @throws AppError `former-names-quota` 409 */
export const checkFormerNames = async (db: Kysely<TenantTables>, limit = MAX_FORMER_NAMES): Promise<void> => {
  const query = db.selectFrom('former_names').select(({ fn }) => fn.countAll().as('count'));
  if (Number((await query.executeTakeFirstOrThrow()).count) < limit) return;
  throw new AppError('former-names-quota', 409, `Keys of this tenant have given up ${limit} names, which is as many as are remembered.`, {
    fix: 'Leave the name as it is, or make a new elastic key.',
  });
};

/**
 * Names that keys had and gave up, so that no key is reached by the scopes of another whose name it takes over.
 *
 * @param db a transaction on the database of the tenant, which ends with its ledger
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write; at the end of the transaction for one that was taken away
 */
export const formerNamesStore = (db: Kysely<TenantTables>, rows: TenantRows) => {
  const firstOf = async (name: string): Promise<string | undefined> => {
    const query = db.selectFrom('former_names').selectAll().where('id', '=', name).limit(1);
    // Of a tenant whose id comes again the first key is made before its new ledger has begun, and no read goes past the old one.
    const isThere = (await query.execute()).length > 0;
    const [row] = isThere ? await rows.read('former_names', db, () => query.execute(), { id: name }) : [];
    // The name is that of a key of this transaction by now, so that nobody else can give it up before its end.
    if (row === undefined) rows.missing('former_names', db, name);
    return row?.elastic_key_id;
  };
  return {
    /** The first key that had the name and gave it up; undefined where nobody did. */
    firstOf,
    /** Where another key had it before, that one stays the first. */
    giveUp: async (name: string, elasticKeyId: string): Promise<void> => {
      if ((await firstOf(name)) !== undefined) return;
      const row = rows.first('former_names', { id: name, elastic_key_id: elasticKeyId });
      await rows.put('former_names', db, async (tx) => {
        await tx.insertInto('former_names').values(row).execute();
        return [row];
      });
    },
  };
};
