import type { Kysely } from 'kysely';
import { type Static, Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { ElasticKey } from './elastic-key.ts';

/** How much one tenant may hold, so that none takes memory and time of all others. */
export const quotasConfigSchema = strictObject(
  {
    elastic_keys: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 20_000,
      description: 'elastic keys of one tenant, those that are destroyed not counted',
    }),
    versions: Type.Integer({
      minimum: 2,
      maximum: 10_000,
      default: 200,
      description: 'versions of one elastic key from its `min_decryption_version` on, which is as many keys as its JWK Set can show',
    }),
    versions_ever: Type.Integer({
      minimum: 2,
      maximum: 1_000_000,
      default: 10_000,
      description: 'versions of one elastic key in its whole life; those that are in use no longer stay in the database',
    }),
    versions_of_tenant: Type.Integer({
      minimum: 2,
      maximum: 4_000_000,
      default: 200_000,
      description:
        'versions of all elastic keys of one tenant, those that are destroyed too, all of which its ledger lists: the more there are, the longer each read takes',
    }),
    grants: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 5_000,
      description: 'grants of one tenant that have not expired; at most 1,000 of them of one elastic key, and 100 to one principal',
    }),
    idempotency_keys: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 20_000,
      description: 'changes of one tenant in a day that carry an `Idempotency-Key`, each of which is remembered with its answer',
    }),
    realm_users: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 20_000,
      description: 'users of one tenant in the realm database',
    }),
    requests: strictObject(
      {
        max: Type.Integer({
          minimum: 1,
          maximum: 100_000_000,
          default: 1_200_000,
          description: 'requests of one tenant in the window, at each replica',
        }),
        window_seconds: Type.Integer({ minimum: 1, maximum: 3_600, default: 60, description: 'seconds after which a count ends' }),
      },
      { default: {} },
    ),
  },
  { default: {} },
);

export interface KeyQuotas {
  readonly elasticKeys: number;
  readonly versions: number;
  readonly versionsEver: number;
  readonly versionsOfTenant: number;
  readonly grants: number;
  readonly idempotencyKeys: number;
}

export const quotasOf = (config: Omit<Static<typeof quotasConfigSchema>, 'requests' | 'realm_users'>): KeyQuotas => ({
  elasticKeys: config.elastic_keys,
  versions: config.versions,
  versionsEver: config.versions_ever,
  versionsOfTenant: config.versions_of_tenant,
  grants: config.grants,
  idempotencyKeys: config.idempotency_keys,
});

/** Those of a configuration that names none. */
export const USUAL_QUOTAS: KeyQuotas = {
  elasticKeys: 20_000,
  versions: 200,
  versionsEver: 10_000,
  versionsOfTenant: 200_000,
  grants: 5_000,
  idempotencyKeys: 20_000,
};

/**
 * Refuses one more elastic key than a tenant may have beside those that are destroyed; where many are made at once, some more than the quota may come to be.
 *
 * @param tx of the tenant's database
 * @throws AppError `elastic-keys-quota` 409
 */
export const checkElasticKeys = async (tx: Kysely<TenantTables>, { elasticKeys: limit }: KeyQuotas): Promise<void> => {
  const { count } = await tx
    .selectFrom('elastic_keys')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('state', '!=', 'destroyed')
    .executeTakeFirstOrThrow();
  if (Number(count) < limit) return;
  throw new AppError('elastic-keys-quota', 409, `This tenant has ${limit} elastic keys, which is all that it may have.`, {
    fix: 'Use a key that is there, or have an operator raise `quotas.elastic_keys` of the KMS.',
  });
};

/**
 * Refuses a version that is one too many.
 *
 * @throws AppError `versions-quota`, `versions-ever-quota` 409
 */
export const checkVersions = (key: Pick<ElasticKey, 'minDecryptionVersion'>, version: number, quotas: KeyQuotas): void => {
  const { versions: inUse, versionsEver: ever } = quotas;
  if (version - key.minDecryptionVersion >= inUse) {
    throw new AppError('versions-quota', 409, `This elastic key has ${inUse} versions in use, which is all that it may have.`, {
      fix: 'Rewrap what old versions protect, then raise its min_decryption_version; or have an operator raise `quotas.versions` of the KMS.',
    });
  }
  if (version > ever) {
    throw new AppError('versions-ever-quota', 409, `This elastic key has had ${ever} versions, which is all that it may ever have.`, {
      fix: 'Go on with a new elastic key, or have an operator raise `quotas.versions_ever` of the KMS.',
    });
  }
};

/**
 * Refuses a version that is one too many of all elastic keys together, once its elastic key counts it; where many are made at once, some
 * more than the quota may come to be. The record of one that is destroyed counts on, for one at least. Elastic keys are fewer than versions, so theirs are the rows to go through.
 *
 * @param tx of the tenant's database
 * @throws AppError `versions-of-tenant-quota` 409
 */
export const checkVersionsOfTenant = async (tx: Kysely<TenantTables>, { versionsOfTenant: limit }: KeyQuotas): Promise<void> => {
  const { versions } = await tx
    .selectFrom('elastic_keys')
    .select(({ fn, case: either, ref }) =>
      fn.sum(either().when('latest_version', '<', 1).then(1).else(ref('latest_version')).end()).as('versions'),
    )
    .executeTakeFirstOrThrow();
  if (Number(versions) <= limit) return;
  throw new AppError(
    'versions-of-tenant-quota',
    409,
    `The elastic keys of this tenant have ${limit} versions, which is all that it may have.`,
    {
      fix: 'Go on with the versions that are there, or have an operator raise `quotas.versions_of_tenant` of the KMS.',
    },
  );
};
