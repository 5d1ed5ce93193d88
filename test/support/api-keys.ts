import { createChallenges } from '#kms/access/challenges.ts';
import { type ApiKeyService, createApiKeyService } from '#kms/access/api-keys/api-key.service.ts';
import type { ApiKeysConfig } from '#kms/access/api-keys/config.ts';
import { type ApiKeyRealm, createApiKeyRealm } from '#kms/access/api-keys/credential/api-key-realm.ts';
import { createLastUses, type LastUses } from '#kms/access/api-keys/credential/last-uses.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { CallerTenant } from '#kms/caller.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { Keys } from '#kms/keys/keys.ts';

export interface TestApiKeys extends ApiKeyService {
  readonly realm: ApiKeyRealm;
  readonly lastUses: LastUses;
}

/** API keys of a KMS without its HTTP. @param of.tenants those that are found */
export const testApiKeys = (
  of: {
    readonly keys: Pick<Keys, 'operate'>;
    readonly barrier: Pick<Barrier, 'tenantKey'>;
    readonly rows: RowIntegrity;
    readonly tenants: () => readonly CallerTenant[];
    readonly clock: { readonly now: number; readonly elapsed: number };
  },
  config: ApiKeysConfig = { default_days: 90, max_days: 366, max: 100 },
): TestApiKeys => {
  const { keys, barrier, rows, clock } = of;
  const now = () => clock.now;
  const tenants = {
    byId: async (id: string) => {
      const tenant = of.tenants().find((each) => each.id === id);
      return tenant && { schemaName: 't', state: 'active' as const, demo: false, ...tenant };
    },
  };
  const lastUses = createLastUses({ tenants, now });
  const challenges = createChallenges('detailed');
  const realm = createApiKeyRealm({
    barrier,
    rows,
    tenants,
    lastUses,
    unboundCertificate: 'refuse',
    challenges,
    now,
    elapsed: () => clock.elapsed,
  });
  return { ...createApiKeyService({ operate: keys.operate, barrier, config, forget: realm.forget, now }), realm, lastUses };
};
