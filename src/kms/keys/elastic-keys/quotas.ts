import type { Kysely } from 'kysely';
import { type Static, Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { ElasticKey } from './elastic-key.ts';

/** How much one tenant may hold, so that none takes memory and time of all others. */
export const quotasConfigSchema = strictObject(
  {
    elastic_keys: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 20_000, description: 'elastic keys of one tenant' }),
    versions: Type.Integer({
      minimum: 2,
      maximum: 10_000,
      default: 200,
      description: 'versions of one elastic key from its `min_decryption_version` on, which is as many keys as its JWK Set can show',
    }),
  },
  { default: {} },
);

export interface KeyQuotas {
  readonly elasticKeys: number;
  readonly versions: number;
}

export const quotasOf = ({ elastic_keys: elasticKeys, versions }: Static<typeof quotasConfigSchema>): KeyQuotas => ({
  elasticKeys,
  versions,
});

/** Those of a configuration that names none. */
export const USUAL_QUOTAS: KeyQuotas = { elasticKeys: 20_000, versions: 200 };

/**
 * Refuses one more elastic key; where many are made at once, some more than the quota may come to be.
 *
 * @param tx of the tenant's database
 * @throws AppError `elastic-keys-quota` 409
 */
export const checkElasticKeys = async (tx: Kysely<TenantTables>, { elasticKeys: limit }: KeyQuotas): Promise<void> => {
  const { count } = await tx
    .selectFrom('elastic_keys')
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow();
  if (Number(count) < limit) return;
  throw new AppError('elastic-keys-quota', 409, `This tenant has ${limit} elastic keys, which is all that it may have.`, {
    fix: 'Use a key that is there, or have an operator raise `quotas.elastic_keys` of the KMS.',
  });
};

/**
 * Refuses a version that is one too many.
 *
 * @throws AppError `versions-quota` 409
 */
export const checkVersions = (key: Pick<ElasticKey, 'minDecryptionVersion'>, version: number, { versions: limit }: KeyQuotas): void => {
  if (version - key.minDecryptionVersion < limit) return;
  throw new AppError('versions-quota', 409, `This elastic key has ${limit} versions in use, which is all that it may have.`, {
    fix: 'Rewrap what old versions protect, then raise its min_decryption_version; or have an operator raise `quotas.versions` of the KMS.',
  });
};
