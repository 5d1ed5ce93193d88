import { storedTexts } from '#infra/database/stored-values.ts';
import { unreachable } from '#infra/apperr/app-error.ts';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { equalSecrets } from '#infra/secrets/compare.ts';
import type { AuthenticatedCaller } from '#kms/caller.ts';
import type { BrowserSessionRow } from '#kms/database/browser-sessions.table.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import type { KnownUser } from '../realms/password-realms.ts';
import type { GrantedTo, ReadScopes } from '../scopes.ts';
import type { LogIn } from './session.ts';
import type { SessionKeys } from './session-keys.ts';

/** An issuer at which people log in, as far as their sessions go. */
export interface SessionIssuer {
  /** Whether it may speak for the tenant of that name. */
  speaksFor(tenantName: string): boolean;
  /** Whether it has told already that the log-in is over; it costs no request. */
  isRevoked(logIn: { readonly subject: string; readonly grant: string | null; readonly at: number }): boolean;
  /** @throws AppError `identity-unavailable` 503 */
  isActive(refreshToken: string): Promise<boolean>;
}

/** Who logged in, as a row keeps it; and who that is now. */
export interface SessionUsers {
  /** The columns of a new session that say how its user proved who he is. */
  proofOf(
    logIn: LogIn & { readonly id: string },
  ): Pick<BrowserSessionRow, 'issuer' | 'roles' | 'scopes' | 'permissions' | 'password_mark' | 'refresh_token' | 'grant_id'>;
  /** Null for somebody who is not let in any more. @throws AppError `identity-unavailable` 503 */
  callerOf(row: BrowserSessionRow, session: { readonly sessionId: string }): Promise<AuthenticatedCaller | null>;
}

const MAX_REMEMBERED = 10_000;

type User = Omit<AuthenticatedCaller, 'authentication'>;

const permissionsOf = ({ permissions }: BrowserSessionRow): readonly string[] | undefined =>
  permissions === null ? undefined : storedTexts(permissions, 'the permissions of a session');

/**
 * A user of a realm is looked up at each look at his session: without him, with another password, or where his name belongs to another by
 * now, it ends. A user of an issuer that tells of his end is out at once; else he is asked for there when the last answer is older than `recheckMs`; an answer that does not come ends
 * no session, and lets nobody in.
 *
 * @param options.realmUser the user of that name, read anew; undefined where there is none
 * @param options.issuers by `iss`; a session of any other ends
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createSessionUsers = (options: {
  readonly realmUser: (username: string) => Promise<KnownUser | undefined>;
  readonly issuers: ReadonlyMap<string, SessionIssuer>;
  readonly tenants: Pick<TenantDirectory, 'byId'>;
  readonly keys: SessionKeys;
  readonly readScopes: ReadScopes;
  readonly grantedTo: GrantedTo;
  readonly recheckMs: number;
  readonly elapsed: () => number;
}): SessionUsers => {
  const { realmUser, issuers, tenants, keys, readScopes, grantedTo, recheckMs, elapsed } = options;
  const checked = createBoundedMap<number>({ max: MAX_REMEMBERED });

  const ofRealm = async (row: BrowserSessionRow): Promise<User | null> => {
    const user = row.username === null ? undefined : await realmUser(row.username);
    if (user === undefined || user.caller.subject !== row.subject || user.caller.tenant.id !== row.tenant_id) return null;
    return equalSecrets(row.password_mark ?? '', keys.mac('password mark', user.passwordVersion)) ? user.caller : null;
  };

  const isActive = async (issuer: SessionIssuer, { id, refresh_token: sealed }: BrowserSessionRow): Promise<boolean> => {
    const key = boundedKey(id);
    const at = elapsed();
    if (at - (checked.get(key) ?? Number.NEGATIVE_INFINITY) < recheckMs) return true;
    const token = sealed === null ? null : keys.open('refresh token', id, sealed);
    if (token === null || !(await issuer.isActive(token))) {
      checked.delete(key);
      return false;
    }
    checked.set(key, at);
    return true;
  };

  const ofIssuer = async (row: BrowserSessionRow, name: string): Promise<User | null> => {
    const issuer = issuers.get(name);
    const tenant = await tenants.byId(row.tenant_id);
    if (issuer === undefined || tenant === undefined || !issuer.speaksFor(tenant.name)) return null;
    if (issuer.isRevoked({ subject: row.subject, grant: row.grant_id, at: row.created_at }) || !(await isActive(issuer, row))) return null;
    const roles = storedTexts(row.roles ?? '[]', 'the roles of a session');
    const held = readScopes(storedTexts(row.scopes ?? '[]', 'the scopes of a session'), permissionsOf(row));
    const scopes = held.scopes.union(grantedTo(name, roles));
    return { subject: row.subject, username: row.username, roles, ...held, scopes, tenant };
  };

  return {
    proofOf: ({ id, caller, proof }) => {
      switch (proof.kind) {
        case 'password': {
          const mark = keys.mac('password mark', proof.passwordVersion);
          return { issuer: null, roles: null, scopes: null, permissions: null, password_mark: mark, refresh_token: null, grant_id: null };
        }
        case 'issuer': {
          checked.set(boundedKey(id), elapsed());
          return {
            issuer: proof.issuer,
            roles: JSON.stringify(caller.roles),
            scopes: JSON.stringify(proof.scopes),
            permissions: proof.permissions === undefined ? null : JSON.stringify(proof.permissions),
            password_mark: null,
            refresh_token: keys.seal('refresh token', id, proof.refreshToken),
            grant_id: proof.grant,
          };
        }
        default:
          return unreachable(proof);
      }
    },
    callerOf: async (row, { sessionId }) => {
      const caller = row.issuer === null ? await ofRealm(row) : await ofIssuer(row, row.issuer);
      return caller && { ...caller, authentication: { kind: 'session', issuer: row.issuer, sessionId } };
    },
  };
};
