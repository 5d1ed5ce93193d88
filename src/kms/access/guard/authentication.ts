import type { Database } from '#infra/database/databases.ts';
import { createAttemptLimits } from '#infra/secrets/attempts/attempt-limits.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { createVerifiedCache } from '#infra/secrets/verified-cache.ts';
import type { KmsConfig } from '#kms/config.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { createTokenVerifier, type TrustedIssuer } from '../tokens/token-verifier.ts';
import type { Authorization } from './guard.ts';
import { createCertificateRealm } from '../realms/certificates.ts';
import { createChallenges } from '../challenges.ts';
import { createFileRealm } from '../realms/file-realm.ts';
import { createPasswordRealms } from '../realms/password-realms.ts';
import { createDatabaseRealm, type UserRealm } from '../realms/realm-users.store.ts';
import { loadRealms, PLAINTEXT_PREFIX, type RealmName } from '../realms/realms-config.ts';

/** A verified password is not verified again for this time, in milliseconds. */
const VERIFIED_MS = 30_000;
const MAX_VERIFIED = 10_000;

/**
 * Reads realms.yml and puts together everything that can say who asks.
 *
 * @param options.now epoch milliseconds
 * @throws AppError `config-unreadable`, `config-invalid`
 */
export const openRealms = async (options: {
  readonly config: Pick<KmsConfig, 'realms_file' | 'errors'>;
  readonly service: Database<ServiceTables>;
  readonly tenants: Pick<TenantDirectory, 'byId' | 'byName'>;
  readonly issuers: readonly TrustedIssuer[];
  readonly emit: Emit;
  readonly now: () => number;
}): Promise<Authorization> => {
  const { config, service, tenants, issuers, emit, now } = options;
  const realms = await loadRealms(config.realms_file);
  const { users } = realms.file;
  const plaintext = users.filter((user) => user.password.startsWith(PLAINTEXT_PREFIX)).map((user) => user.username);
  if (plaintext.length > 0) emit({ type: 'plaintext-passwords', usernames: plaintext });

  const challenges = createChallenges(config.errors.detail);
  const userRealms: Readonly<Record<RealmName, readonly UserRealm[]>> = {
    file: [createFileRealm(users)],
    database: [createDatabaseRealm(service.db)],
    // Its users log in at their issuer; here they show tokens, never passwords.
    federation: [],
  };
  return {
    challenges,
    tokens: realms.order.includes('federation') ? createTokenVerifier({ issuers, tenants, challenges, now }) : null,
    passwords: createPasswordRealms({
      realms: realms.order.flatMap((realm) => userRealms[realm]),
      tenants,
      passwords: createPasswords({
        iterations: realms.password_hash.iterations,
        saltBytes: realms.password_hash.salt_bytes,
        allowPlaintext: plaintext.length > 0,
      }),
      verified: createVerifiedCache({ ttlMs: VERIFIED_MS, max: MAX_VERIFIED, now }),
      attempts: createAttemptLimits({ now }),
      challenges,
    }),
    certificates: createCertificateRealm({ config: realms.certificates, tenants, challenges }),
  };
};
