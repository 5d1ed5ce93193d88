import { readSecret } from '#infra/files/secret-file.ts';
import type { Database, Databases } from '#infra/database/databases.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { createRelyingParty } from '../code-flow/create-relying-party.ts';
import { createPendingLogIns, type PendingLogIns } from '../code-flow/pending-log-ins.ts';
import type { RelyingParty } from '../code-flow/relying-party.ts';
import { type BrowserDoor, createBrowserDoor } from '../sessions/browser-door.ts';
import type { BrowserConfig } from '../sessions/config.ts';
import { type Cookies, createCookies } from '../sessions/cookies.ts';
import { createSessions } from '../sessions/create-sessions.ts';
import { forgetSessions } from '../sessions/forget-sessions.ts';
import type { Sessions } from '../sessions/session.ts';
import { createSessionKeys, type SessionKeys } from '../sessions/session-keys.ts';
import { createSessionUsers, type SessionIssuer } from '../sessions/session-users.ts';
import type { PasswordRealms } from '../realms/password-realms.ts';
import type { UserLeases } from '../realms/user-leases.ts';
import type { GrantedTo, ReadScopes } from '../scopes.ts';
import type { ConnectedIssuer } from '../tokens/trusted-issuers.ts';

/** Log-ins and sessions of browsers. */
export interface BrowserAccess {
  /** Of our own pages. */
  readonly origin: string;
  /** By name and password of a realm. */
  readonly logIn: PasswordRealms['logIn'];
  readonly door: BrowserDoor;
  readonly sessions: Sessions;
  readonly cookies: Cookies;
  readonly keys: SessionKeys;
  readonly pending: PendingLogIns;
  /** Where people log in, beside the realms. */
  readonly parties: readonly RelyingParty[];
  readonly job: Job;
}

/** As of a token that was issued with the log-in: by its grant and its account the issuer tells of the end of both. */
const revokedBy =
  (feed: ConnectedIssuer['feed']): SessionIssuer['isRevoked'] =>
  ({ subject, grant, at }) => {
    const none = { keyId: null, tokenId: '', clientId: '', tenant: '', tokenHash: '' };
    return feed?.verdict({ ...none, subject, grant: grant ?? '', issuedAt: at }) === 'revoked';
  };

/**
 * Puts together what log-ins and sessions of browsers need.
 *
 * @throws AppError `secret-unreadable`
 */
export const openBrowser = async (options: {
  readonly config: BrowserConfig;
  readonly connected: readonly ConnectedIssuer[];
  readonly realmUsers: Pick<PasswordRealms, 'logIn' | 'known'>;
  readonly userLeases: Pick<UserLeases, 'generation'>;
  readonly readScopes: ReadScopes;
  readonly grantedTo: GrantedTo;
  readonly service: Database<ServiceTables>;
  readonly rows: RowIntegrity;
  readonly barrier: Pick<Barrier, 'rowKey'>;
  readonly locks: Pick<Databases, 'tryLock'>;
  readonly tenants: Pick<TenantDirectory, 'byId'>;
  readonly emit: Emit;
  readonly now: () => number;
  readonly elapsed: () => number;
}): Promise<BrowserAccess> => {
  const { config, connected, realmUsers, userLeases, readScopes, grantedTo, service, rows, barrier, locks, tenants, emit, now, elapsed } =
    options;
  const { origin } = config;
  const opened = await Promise.all(
    connected.flatMap(({ config: issuer, trusted, client, introspectionEndpoint, feed }) => {
      const logIn = issuer.browser_log_in;
      if (logIn === undefined) return [];
      return readSecret(logIn.client_secret_file, `the secret of the client ${logIn.client_id}`).then((clientSecret) => ({
        party: createRelyingParty({ trusted, logIn, clientSecret, client, introspectionEndpoint, origin, now }),
        speaksFor: trusted.speaksFor,
        isRevoked: revokedBy(feed),
      }));
    }),
  );
  const issuers = new Map(
    opened.map(({ party: { issuer, isActive }, speaksFor, isRevoked }) => [issuer, { isActive, speaksFor, isRevoked }]),
  );
  const keys = createSessionKeys(barrier);
  const cookies = createCookies(origin);
  const recheckMs = config.recheck_seconds * 1000;
  const users = createSessionUsers({ realmUser: realmUsers.known, issuers, tenants, keys, readScopes, grantedTo, recheckMs, elapsed });
  const { generation } = userLeases;
  const sessions = createSessions({ config, service, rows, keys, users, tenants, generation, emit, now, elapsed });
  return {
    origin,
    logIn: realmUsers.logIn,
    door: createBrowserDoor({ sessions, cookies, origin }),
    sessions,
    cookies,
    keys,
    pending: createPendingLogIns({ cookies, keys, now }),
    parties: opened.map(({ party }) => party),
    job: forgetSessions({ sessions, locks, isReadable: rows.isReadable }),
  };
};
