import type { CallerTenant } from '#kms/caller.ts';
import type { PublicJwk } from '#kms/jose/key-material.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { protectionCountOf } from '../elastic-keys/usage.ts';
import type { MaterialKey, StoredMaterialKey } from './material-key.ts';

/** As much of the key ring as those who show versions ask for. */
export interface PublicKeys {
  /** The public part comes from the secret itself, so that no row can put another in its place; null where either is not there. */
  publicJwk(
    of: { readonly tenant: CallerTenant; readonly elasticKeyId: string },
    elasticKey: ElasticKey,
    key: StoredMaterialKey,
  ): Promise<PublicJwk | null>;
}

/** A row without its secret, with its public key. */
export const withPublicJwk = (
  elasticKey: ElasticKey,
  { wrapped: _secret, protectionsReserved, ...key }: StoredMaterialKey,
  publicJwk: PublicJwk | null,
): MaterialKey => ({
  ...key,
  publicJwk,
  protections: protectionCountOf(elasticKey) === null ? null : protectionsReserved,
});

/** The same with the public key that only the ring can open. */
export const shown = async (ring: PublicKeys, tenant: CallerTenant, elasticKey: ElasticKey, key: StoredMaterialKey): Promise<MaterialKey> =>
  withPublicJwk(elasticKey, key, await ring.publicJwk({ tenant, elasticKeyId: elasticKey.id }, elasticKey, key));
