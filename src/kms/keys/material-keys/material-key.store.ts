import type { Kysely } from 'kysely';
import { storedWord } from '#infra/database/stored-values.ts';
import type { MaterialKeyRow } from '#kms/database/material-keys.table.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';
import { MATERIAL_KEY_STATES, mayProcess, REVOCATION_REASONS, type Revocation } from './material-key.states.ts';
import type { StoredMaterialKey } from './material-key.ts';

/** In the place of a secret that is destroyed: the column is not null. */
const NO_SECRET = '';

const revocationOf = (row: MaterialKeyRow): Revocation | null => {
  if (row.revoked_at === null) return null;
  return {
    revokedAt: row.revoked_at,
    reason: storedWord(row.revocation_reason ?? '', REVOCATION_REASONS, `the reason for the revocation of material key ${row.id}`),
    comment: row.revocation_comment ?? '',
    allowsProcessing: row.revoked_processes === 1,
  };
};

const materialKeyOf = (row: MaterialKeyRow): StoredMaterialKey => ({
  id: row.id,
  elasticKeyId: row.elastic_key_id,
  importedKid: row.imported_kid,
  version: row.version,
  state: storedWord(row.state, MATERIAL_KEY_STATES, `the state of material key ${row.id}`),
  wrapped: row.wrapped === NO_SECRET ? null : row.wrapped,
  createdAt: row.created_at,
  deactivatedAt: row.deactivated_at,
  revocation: revocationOf(row),
  deletionDueAt: row.deletion_due_at,
  destroyedAt: row.destroyed_at,
  protectionsReserved: row.protections_reserved,
  revision: row.row_revision,
});

/** Members of a version that its life changes. */
export type MaterialKeyChanges = Partial<
  Pick<StoredMaterialKey, 'state' | 'wrapped' | 'deactivatedAt' | 'deletionDueAt' | 'destroyedAt'> & { readonly revocation: Revocation }
>;

/** What becomes of a version when it is destroyed; its revocation stays in the record. */
export const destroyedAt = (at: number): MaterialKeyChanges => ({
  state: 'destroyed',
  wrapped: null,
  deletionDueAt: null,
  destroyedAt: at,
});

const columnsOf = (changes: MaterialKeyChanges): Partial<MaterialKeyRow> => {
  const { state, wrapped, deactivatedAt, revocation, deletionDueAt, destroyedAt } = changes;
  return {
    ...(state === undefined ? {} : { state }),
    ...(wrapped === undefined ? {} : { wrapped: wrapped ?? NO_SECRET }),
    ...(deactivatedAt === undefined ? {} : { deactivated_at: deactivatedAt }),
    ...(revocation && {
      revoked_at: revocation.revokedAt,
      revocation_reason: revocation.reason,
      revocation_comment: revocation.comment,
      revoked_processes: revocation.allowsProcessing ? 1 : 0,
    }),
    ...(deletionDueAt === undefined ? {} : { deletion_due_at: deletionDueAt }),
    ...(destroyedAt === undefined ? {} : { destroyed_at: destroyedAt }),
  };
};

/**
 * Queries on `material_keys`; each but for `insertActive` is one statement, or one on condition that nobody changed the row since it
 * was read.
 *
 * @param db the database of the tenant, or a transaction on it
 * @param rows checks every row that becomes a version
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write, in a list too; `sealed` 503
 */
export const materialKeysStore = (db: Kysely<TenantTables>, rows: TenantRows) => {
  const change = async (
    id: string,
    changes: (before: MaterialKeyRow) => Partial<MaterialKeyRow> | undefined,
  ): Promise<MaterialKeyRow | undefined> => {
    const [changed] = await rows.put('material_keys', db, async (tx) => {
      const query = tx.selectFrom('material_keys').selectAll().where('id', '=', id).limit(1);
      const after = await changeRow({
        read: async () => (await rows.read('material_keys', tx, () => query.execute(), { id }))[0],
        change: (before) => {
          const next = changes(before);
          return next && rows.next('material_keys', before, next);
        },
        write: (next, revision) =>
          tx.updateTable('material_keys').set(next).where('id', '=', id).where('row_revision', '=', revision).executeTakeFirstOrThrow(),
      });
      return after === undefined ? [] : [after];
    });
    return changed;
  };
  return {
    /** Deactivates the version before, then inserts. It belongs in the transaction that raised `latest_version` to this version. */
    insertActive: async (
      key: Pick<StoredMaterialKey, 'id' | 'elasticKeyId' | 'importedKid' | 'version' | 'createdAt'> & { readonly wrapped: string },
    ): Promise<StoredMaterialKey> => {
      const { elasticKeyId, createdAt } = key;
      const active = await db
        .selectFrom('material_keys')
        .select('id')
        .where('elastic_key_id', '=', elasticKeyId)
        .where('state', '=', 'active')
        .execute();
      for (const { id } of active) await change(id, () => ({ state: 'deactivated', deactivated_at: createdAt }));
      const row = rows.first('material_keys', {
        id: key.id,
        elastic_key_id: elasticKeyId,
        version: key.version,
        state: 'active',
        wrapped: key.wrapped,
        protections_reserved: 0,
        created_at: createdAt,
        deactivated_at: null,
        revoked_at: null,
        revocation_reason: null,
        revocation_comment: null,
        revoked_processes: null,
        deletion_due_at: null,
        destroyed_at: null,
        imported_kid: key.importedKid,
      });
      await rows.put('material_keys', db, async (tx) => {
        await tx.insertInto('material_keys').values(row).execute();
        return [row];
      });
      return materialKeyOf(row);
    },

    byId: async (elasticKeyId: string, id: string): Promise<StoredMaterialKey | undefined> => {
      const query = db.selectFrom('material_keys').selectAll().where('id', '=', id).where('elastic_key_id', '=', elasticKeyId).limit(1);
      const [row] = await rows.read('material_keys', db, () => query.execute(), { id, elastic_key_id: elasticKeyId });
      return row && materialKeyOf(row);
    },

    /** The version that protected under this kid elsewhere. */
    byImportedKid: async (elasticKeyId: string, kid: string): Promise<StoredMaterialKey | undefined> => {
      const asked = { elastic_key_id: elasticKeyId, imported_kid: kid };
      const query = db
        .selectFrom('material_keys')
        .selectAll()
        .where('elastic_key_id', '=', elasticKeyId)
        .where('imported_kid', '=', kid)
        .limit(1);
      const [row] = await rows.read('material_keys', db, () => query.execute(), asked);
      return row && materialKeyOf(row);
    },

    /**
     * Changes a version. It belongs in the transaction that counted the change at the elastic key, and by that locked it: so none of two
     * changes of its versions works on what the other has made old.
     *
     * @param decide gets the version as it is, and refuses the change by throwing
     * @returns the version after the change, or undefined when there is none such
     */
    update: async (
      elasticKeyId: string,
      id: string,
      decide: (before: StoredMaterialKey) => MaterialKeyChanges,
    ): Promise<StoredMaterialKey | undefined> => {
      const row = await change(id, (before) =>
        before.elastic_key_id === elasticKeyId ? columnsOf(decide(materialKeyOf(before))) : undefined,
      );
      return row && materialKeyOf(row);
    },

    /**
     * Takes the secrets of all versions of an elastic key. It belongs in the transaction that locked that key.
     *
     * @param at epoch milliseconds
     */
    destroyAll: async (elasticKeyId: string, at: number): Promise<void> => {
      const query = db.selectFrom('material_keys').selectAll().where('elastic_key_id', '=', elasticKeyId);
      const found = await rows.read('material_keys', db, () => query.execute(), { elastic_key_id: elasticKeyId });
      for (const { id, destroyed_at: destroyed } of found) if (destroyed === null) await change(id, () => columnsOf(destroyedAt(at)));
    },

    /** The newest version from one on that processes. */
    newestThatProcesses: async (elasticKeyId: string, from: number): Promise<StoredMaterialKey | undefined> => {
      const query = db
        .selectFrom('material_keys')
        .selectAll()
        .where('elastic_key_id', '=', elasticKeyId)
        .where('version', '>=', from)
        .where((where) => where.or([where('state', 'in', ['active', 'deactivated']), where('revoked_processes', '=', 1)]))
        .where('deletion_due_at', 'is', null)
        .where('destroyed_at', 'is', null)
        .orderBy('version', 'desc')
        .limit(1);
      const asked = { elastic_key_id: elasticKeyId, deletion_due_at: null, destroyed_at: null };
      const [row] = await rows.read('material_keys', db, () => query.execute(), asked);
      if (row === undefined) return undefined;
      const key = materialKeyOf(row);
      if (key.version < from || !mayProcess(key)) throw rows.refusal('material_keys', key.id);
      return key;
    },

    /** Newest first, below a version; at most `limit`. */
    below: async (
      elasticKeyId: string,
      { below, from = 1, limit }: { readonly below: number; readonly from?: number; readonly limit: number },
    ): Promise<StoredMaterialKey[]> => {
      const query = db
        .selectFrom('material_keys')
        .selectAll()
        .where('elastic_key_id', '=', elasticKeyId)
        .where('version', '<', below)
        .where('version', '>=', from)
        .orderBy('version', 'desc')
        .limit(limit);
      const found = await rows.read('material_keys', db, () => query.execute(), { elastic_key_id: elasticKeyId });
      const stray = found.find(({ version }) => version < from || version >= below);
      if (stray !== undefined) throw rows.refusal('material_keys', stray.id);
      return found.map(materialKeyOf);
    },

    /**
     * Takes a block out of what a version may still protect, or what is left of one: a conditional UPDATE, so that two processes never
     * hold the same block and the sum never rises above the most.
     *
     * @returns the protections that were taken, 0 where none are left, and how many are by now
     */
    reserveProtections: async (
      id: string,
      { block, most }: { readonly block: number; readonly most: number | null },
    ): Promise<{ readonly taken: number; readonly reserved: number }> => {
      let taken = 0;
      const row = await change(id, ({ protections_reserved: before }) => {
        taken = most === null ? block : Math.max(0, Math.min(block, most - before));
        return taken === 0 ? undefined : { protections_reserved: before + taken };
      });
      return { taken, reserved: row?.protections_reserved ?? 0 };
    },
  };
};
