import type { Kysely } from 'kysely';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { TenantRows } from '#kms/integrity/row-integrity.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { checkVersions, checkVersionsOfTenant, type KeyQuotas } from '../elastic-keys/quotas.ts';
import { materialKeysStore } from './material-key.store.ts';
import type { MaterialKey } from './material-key.ts';
import type { Minted } from './mint.ts';
import { withPublicJwk } from './public-keys.ts';

/**
 * Stores a version as the newest of its elastic key, in the transaction of a change.
 *
 * @param of.elasticKey as it was read before the transaction
 * @param of.importedKid the kid of what it protected elsewhere; null where there is none
 * @param of.assertMay refuses the elastic key as it is in the transaction, by throwing
 * @throws AppError `elastic-key-not-found` 404, `versions-quota`, `versions-ever-quota`, `versions-of-tenant-quota` 409
 */
export const storeNextVersion = async (
  tx: Kysely<TenantTables>,
  of: {
    readonly rows: TenantRows;
    readonly quotas: KeyQuotas;
    readonly elasticKey: ElasticKey;
    readonly minted: Minted;
    readonly importedKid: string | null;
    readonly createdAt: number;
    readonly assertMay: (elasticKey: ElasticKey, at: number) => void;
  },
): Promise<MaterialKey> => {
  const { rows, quotas, elasticKey, minted, importedKid, createdAt, assertMay } = of;
  const version = await elasticKeysStore(tx, rows).raiseVersion(elasticKey.id, createdAt, (now) => assertMay(now, createdAt));
  checkVersions(elasticKey, version, quotas);
  await checkVersionsOfTenant(tx, quotas);
  // Another version may have been made faster.
  const wrapped = await minted.asVersion(version);
  const made = { id: minted.id, elasticKeyId: elasticKey.id, importedKid, version, wrapped, createdAt };
  return withPublicJwk(elasticKey, await materialKeysStore(tx, rows).insertActive(made), minted.publicJwk);
};
