import { randomUUIDv7 } from 'node:crypto';
import type { Write } from '#kms/action.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { materialKeysStore } from './material-key.store.ts';
import { type MintOptions, mintMaterialKey } from './mint.ts';

/** Makes version 1 of an elastic key that is new; what it returns stores it, in the transaction that stores the elastic key. */
export const firstVersionMaker =
  ({ rows, ...options }: MintOptions & { readonly rows: Pick<RowIntegrity, 'of'> }) =>
  async (tenantId: string, key: Pick<ElasticKey, 'id' | 'algorithm' | 'createdAt'>): Promise<Write<void>> => {
    const { id: elasticKeyId, algorithm, createdAt } = key;
    const place = { tenantId, elasticKeyId, materialKeyId: randomUUIDv7(), version: 1, algorithm };
    const { id, asVersion } = await mintMaterialKey(options, place);
    const wrapped = await asVersion(1);
    return async (tx) => {
      await materialKeysStore(tx, rows.of(tenantId)).insertActive({ id, elasticKeyId, importedKid: null, version: 1, wrapped, createdAt });
    };
  };
