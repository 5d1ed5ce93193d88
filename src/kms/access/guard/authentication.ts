import { unreachable } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { createConnectionProofs } from '#infra/secrets/connection-proofs.ts';
import { createVerifiedCache } from '#infra/secrets/verified-cache.ts';
import type { AuthenticatedCaller } from '#kms/caller.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Workers } from '#infra/workers/workers.ts';
import type { Emit } from '#kms/events.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { TokenBinding } from '../bindings/token-binding.ts';
import type { Challenges } from '../challenges.ts';
import type { GrantedTo, ReadScopes } from '../scopes.ts';
import { type TenantsOfCallers, tenantsOfCallers } from '../tenants-of-callers.ts';
import type { ApiKeyRealm } from '../api-keys/credential/api-key-realm.ts';
import { createCertificateRealm } from '../realms/certificates.ts';
import { createFileRealm } from '../realms/file-realm.ts';
import { metadataCheck } from '../realms/user-metadata.ts';
import { createPasswordRealms, type PasswordRealms } from '../realms/password-realms.ts';
import { createDatabaseRealm, type UserRealm } from '../realms/realm-users.store.ts';
import { createNewUsers, type NewUsers } from '../realms/new-users.ts';
import type { UserLeases } from '../realms/user-leases.ts';
import { loadRealms } from '../realms/load-realms.ts';
import type { UserRules } from '../realms/user-rules.ts';
import { PLAINTEXT_PREFIX, type RealmName, withoutDemo } from '../realms/realms-config.ts';
import { createRehash } from '../realms/rehash.ts';
import { federatedScopes } from '../realms/federated-roles.ts';
import { createRoles } from '../roles.ts';
import { createTokenVerifier, type TrustedIssuer } from '../tokens/token-verifier.ts';
import type { Credential } from './credentials.ts';

/**
 * Finds out who asks, by the one credential that a request brought.
 *
 * @param request.scope what the route needs; some revocation modes depend on it
 * @param request.url without query; null where the request does not say under which name it came
 * @param request.address IP address of the client
 * @param request.connection the same object for every request that comes over one connection
 * @throws AppError 401 for a credential that is refused, 403 for a tenant that is not here, 429 while a delay runs, 503
 *   `identity-unavailable`
 */
export type Authenticate = (
  credential: Credential,
  request: {
    readonly scope: FineScope;
    readonly method: string;
    readonly url: () => string | null;
    readonly address: string;
    readonly connection: object;
  },
) => Promise<AuthenticatedCaller>;

/** A verified password is not verified again for this time, in milliseconds. */
const VERIFIED_MS = 30_000;
const MAX_VERIFIED = 10_000;

/**
 * Reads realms.yml and puts together everything that can say who asks, and who shall be able to ask.
 *
 * @param options.demo whether the demo's users and clients are found
 * @param options.now epoch milliseconds
 * @param options.elapsed milliseconds of a clock that never goes back
 * @param options.closing aborts when the server closes: no guess at a password waits any more
 * @throws AppError `config-unreadable`, `config-invalid`
 */
export const openAuthentication = async (options: {
  readonly realmsFile: string;
  readonly demo: boolean;
  readonly service: Database<ServiceTables>;
  readonly rows: RowIntegrity;
  readonly userLeases: Pick<UserLeases, 'leased' | 'forget'>;
  readonly tenants: TenantsOfCallers;
  readonly issuers: readonly TrustedIssuer[];
  readonly apiKeys: Pick<ApiKeyRealm, 'authenticate'>;
  readonly binding: TokenBinding;
  readonly readScopes: ReadScopes;
  readonly challenges: Challenges;
  readonly emit: Emit;
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly closing: AbortSignal;
  readonly workers: Workers;
}): Promise<{
  readonly authenticate: Authenticate;
  readonly newUsers: NewUsers;
  readonly realmUsers: Pick<PasswordRealms, 'logIn' | 'known'>;
  readonly grantedTo: GrantedTo;
  readonly userRules: UserRules;
}> => {
  const { demo, service, rows, userLeases, issuers, apiKeys, binding, readScopes, challenges, emit, now, elapsed, closing, workers } =
    options;
  const tenants = tenantsOfCallers(options.tenants, challenges);
  const stated = await loadRealms(options.realmsFile, { issuers: issuers.map(({ rules }) => rules.issuer) });
  const config = demo ? stated : withoutDemo(stated);
  const { users } = config.file;
  const roles = createRoles(config.roles);
  const plaintext = users.filter((user) => user.password.startsWith(PLAINTEXT_PREFIX)).map((user) => user.username);
  if (plaintext.length > 0) emit({ type: 'plaintext-passwords', usernames: plaintext });

  const fileRealm = createFileRealm(users, roles);
  const databaseRealm = createDatabaseRealm(service.db, rows, { roles, demo });
  const inOrder = (database: UserRealm): readonly UserRealm[] => {
    const realms: Readonly<Record<RealmName, readonly UserRealm[]>> = {
      file: [fileRealm],
      database: [database],
      // Its users log in at their issuer; here they show tokens, never passwords.
      federation: [],
    };
    return config.order.flatMap((realm) => realms[realm]);
  };
  const grantedTo = federatedScopes(config.federation.roles, roles);
  const tokens = config.order.includes('federation')
    ? createTokenVerifier({ issuers, tenants, binding, readScopes, challenges, grantedTo, now, elapsed })
    : null;
  const hashing = createPasswords({
    iterations: config.password_hash.iterations,
    saltBytes: config.password_hash.salt_bytes,
    allowPlaintext: plaintext.length > 0,
    processes: workers.count,
  });
  const { forget } = userLeases;
  const rehash = createRehash({ db: service.db, rows, passwords: hashing, forget, emit, elapsed });
  const passwords = createPasswordRealms({
    realms: inOrder(userLeases.leased(databaseRealm)),
    unleased: inOrder(databaseRealm),
    tenants,
    passwords: hashing,
    verified: createVerifiedCache({ ttlMs: VERIFIED_MS, max: MAX_VERIFIED, elapsed }),
    proofs: createConnectionProofs({ ttlMs: VERIFIED_MS, elapsed }),
    attempts: createAttemptLimits({ workers, closing }),
    challenges,
    // The file is its owner's: its hashes stay as they are.
    proved: (user, password) => void (user.tenant.by === 'id' && rehash(user, password)),
  });
  const certificates = createCertificateRealm({ config: config.certificates, tenants, roles, challenges });

  const authenticate: Authenticate = async (credential, { scope, method, url, address, connection }) => {
    switch (credential.kind) {
      case 'bearer':
      case 'dpop': {
        if (tokens === null) throw challenges.invalidToken('Tokens are not accepted here: the realm federation is switched off');
        const { token, peer } = credential;
        const dpop = credential.kind === 'dpop' ? { proofs: credential.proofs, method, url: url() } : null;
        return tokens.verify({ token, proofs: { peer, dpop }, scope });
      }
      case 'api-key':
        return apiKeys.authenticate(credential);
      case 'basic':
        return passwords.authenticate({ username: credential.username, password: credential.password, address, connection });
      case 'certificate':
        return certificates.authenticate(credential.peer);
      default:
        return unreachable(credential);
    }
  };
  const realm = createDatabaseRealm(service.db, rows, { roles, demo: false });
  const userRules: UserRules = {
    roles,
    checkMetadata: metadataCheck(config.user_metadata_schema),
    fileUsers: config.order.includes('file') ? users : [],
  };
  const newUsers = createNewUsers({ config: stated, realm, passwords: hashing, rows, now });
  return { authenticate, userRules, newUsers, realmUsers: passwords, grantedTo };
};
