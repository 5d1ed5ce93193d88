import type { Database, Databases } from '#infra/database/databases.ts';
import { detailOf } from '#infra/http/config.ts';
import type { DependencyCheck } from '#infra/http/health.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Workers } from '#infra/workers/workers.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { createRequestOrigin, type RequestOrigin } from '../bindings/request-origin.ts';
import { createTokenBinding } from '../bindings/token-binding.ts';
import { type ApiKeyRealm, createApiKeyRealm } from '../api-keys/credential/api-key-realm.ts';
import { createLastUses } from '../api-keys/credential/last-uses.ts';
import { type Challenges, createChallenges } from '../challenges.ts';
import type { UserLeases } from '../realms/user-leases.ts';
import { scopesByName } from '../named-scopes.ts';
import type { NewUsers } from '../realms/new-users.ts';
import type { UserRules } from '../realms/user-rules.ts';
import { createReadScopes } from '../scopes.ts';
import { tenantsOfCallers } from '../tenants-of-callers.ts';
import type { BrowserConfig } from '../sessions/config.ts';
import { openTrustedIssuers, type TrustedIssuers } from '../tokens/trusted-issuers.ts';
import { type Authenticate, openAuthentication } from './authentication.ts';
import type { AccessConfig } from './config.ts';
import { type BrowserAccess, openBrowser } from './open-browser.ts';

/** All that decides who asks; disposal closes the connections to the issuers. */
export interface Access extends AsyncDisposable {
  readonly challenges: Challenges;
  readonly authenticate: Authenticate;
  readonly originOf: RequestOrigin;
  readonly newUsers: NewUsers;
  readonly apiKeys: Pick<ApiKeyRealm, 'forget'>;
  /** Null where the browser API is switched off. */
  readonly browser: BrowserAccess | null;
  readonly userRules: UserRules;
  /** Forgets the keys of each issuer of tokens, and fetches them anew. */
  readonly issuerKeys: TrustedIssuers['keys'];
  /** The issuers of tokens and their feeds, where there are any. */
  readonly dependencies: readonly DependencyCheck[];
  /** The work by the clock while it is open, for the runner of the process. */
  readonly jobs: readonly Job[];
}

/**
 * Opens the connections to the configured issuers, and reads realms.yml.
 *
 * @param options.demo whether the demo's users and clients are found
 * @param options.now epoch milliseconds
 * @param options.elapsed milliseconds of a clock that never goes back
 * @param options.closing aborts when the server closes: no guess at a password waits any more
 * @throws AppError `tls-file-unreadable`, `secret-unreadable`, `config-unreadable`, `config-invalid`
 */
export const openAccess = async (options: {
  readonly config: AccessConfig & { readonly server: { readonly browser?: BrowserConfig } };
  readonly demo: boolean;
  readonly barrier: Pick<Barrier, 'tenantKey' | 'rowKey'>;
  readonly service: Database<ServiceTables>;
  readonly rows: RowIntegrity;
  readonly userLeases: UserLeases;
  readonly tenants: Pick<TenantDirectory, 'byId' | 'byName'>;
  readonly locks: Pick<Databases, 'tryLock'>;
  readonly telemetry: Telemetry;
  readonly emit: Emit;
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly closing: AbortSignal;
  readonly workers: Workers;
}): Promise<Access> => {
  const { config, demo, barrier, service, rows, userLeases, tenants, locks, telemetry, emit, now, elapsed, closing, workers } = options;
  await using opened = new AsyncDisposableStack();
  const { issuers: configs, tls, required } = config.identity;
  const {
    issuers,
    connected,
    dependencies,
    jobs,
    keys: issuerKeys,
  } = opened.use(await openTrustedIssuers({ configs, tls, required, telemetry, emit, now, elapsed }));
  const challenges = createChallenges(detailOf(config.errors));
  const readScopes = createReadScopes(scopesByName(config.scopes));
  const lastUses = createLastUses({ tenants, now });
  const unboundCertificate = config.tokens.unbound_certificate;
  const ofCallers = tenantsOfCallers(tenants, challenges);
  const apiKeys = createApiKeyRealm({ barrier, rows, tenants: ofCallers, lastUses, unboundCertificate, challenges, now, elapsed });
  const { authenticate, newUsers, realmUsers, grantedTo, userRules } = await openAuthentication({
    realmsFile: config.realms_file,
    demo,
    service,
    rows,
    userLeases,
    tenants,
    issuers,
    apiKeys,
    binding: createTokenBinding({ config: config.tokens, challenges, now, elapsed, workers }),
    readScopes,
    challenges,
    emit,
    now,
    elapsed,
    closing,
    workers,
  });

  const { browser: asked } = config.server;
  const browser =
    asked === undefined
      ? null
      : await openBrowser({
          config: asked,
          connected,
          realmUsers,
          userLeases,
          readScopes,
          grantedTo,
          service,
          rows,
          barrier,
          locks,
          tenants,
          emit,
          now,
          elapsed,
        });

  const resources = opened.move();
  return {
    challenges,
    authenticate,
    originOf: createRequestOrigin(config.tokens.origins),
    newUsers,
    apiKeys,
    browser,
    userRules,
    issuerKeys,
    dependencies,
    jobs: [...jobs, lastUses.job, ...(browser === null ? [] : [browser.job])],
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};
