import type { Configuration } from 'oidc-provider';
import type { Accounts } from '#identity/accounts/accounts.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { Clients } from '#identity/clients/clients.ts';
import { recordOf } from '../../records/client-metadata.ts';
import { SIGNED_INTROSPECTION } from '../../seams/signed-introspection.ts';
import type { PayloadStore } from '../../store/payloads.ts';
import { ASSERTION_ALGS, AUTH_METHODS } from '../client-authentication.ts';
import type { Feature } from '../feature.ts';
import type { AccessTokenPayload, VerifyAccessToken } from './jwt-access-token.ts';

export const INTROSPECTION_PATH = '/oauth2/introspect';
export const INACTIVE = { active: false } as const;

/** A token shows only to the client it was issued to and to the resource servers it is for. */
const mayIntrospect = (
  client: ClientRecord,
  token: { readonly clientId: string | undefined; readonly audience: readonly string[] },
): boolean =>
  token.clientId === client.clientId ||
  (client.authMethod !== 'none' && token.audience.some((audience) => client.mayIntrospect.includes(audience)));

/** Those who own a token: it counts only while they are there. */
export interface Owners {
  readonly accounts: Pick<Accounts, 'find'>;
  readonly clients: Pick<Clients, 'find'>;
}

/** An opaque token as oidc-provider keeps it. */
type OpaqueToken = Parameters<Exclude<NonNullable<NonNullable<Configuration['features']>['introspection']>['allowedPolicy'], undefined>>[2];

/**
 * Whether this client may hear that an opaque token is active. A token of client credentials stands for the client in the tenant that it
 * had then.
 */
export const opaqueTokenShows = async (client: ClientRecord, token: OpaqueToken, { accounts, clients }: Owners): Promise<boolean> => {
  const audience = 'aud' in token ? [token.aud ?? []].flat() : [];
  if (!mayIntrospect(client, { clientId: token.clientId, audience })) return false;
  const holder = token.clientId === undefined ? undefined : await clients.find(token.clientId);
  if (holder === undefined) return false;
  if ('accountId' in token && token.accountId !== undefined) return (await accounts.find(token.accountId)) !== undefined;
  const { tenant_id: tenantId = null } = 'extra' in token ? (token.extra ?? {}) : {};
  return tenantId === holder.tenantId;
};

/** Whether a token is active, and what it says; here of opaque tokens. @see RFC 7662 */
export const introspection = (owners: Owners): Feature => ({
  configuration: {
    features: {
      jwtIntrospection: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => opaqueTokenShows(recordOf(client), token, owners) },
    },
    routes: { introspection: INTROSPECTION_PATH },
    discovery: {
      introspection_endpoint_auth_methods_supported: AUTH_METHODS,
      introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    },
  },
  endpoints: [{ path: INTROSPECTION_PATH, methods: ['POST', 'OPTIONS'], answers: 'json', answersToo: SIGNED_INTROSPECTION }],
});

/**
 * Introspection of a JWT access token. It is active while its signature, issuer and time are good, it is not revoked, and its grant,
 * client and account still are.
 *
 * @returns the body of RFC 7662 section 2.2; `{ active: false }` for a token that the client may not see, too
 */
export const createJwtIntrospection = (options: {
  readonly verify: VerifyAccessToken;
  readonly store: Pick<PayloadStore, 'tokenIsRevoked' | 'grantIsLive'>;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly clients: Pick<Clients, 'find'>;
}): ((token: string, client: ClientRecord) => Promise<Readonly<Record<string, unknown>>>) => {
  const { verify, store, accounts, clients } = options;

  /** A token of client credentials stands for the client in the tenant that it had then. */
  const isAlive = async (payload: AccessTokenPayload, asking: ClientRecord): Promise<boolean> => {
    const { grant_id: grant, sub } = payload;
    const [revoked, client, ownerLives] = await Promise.all([
      store.tokenIsRevoked(payload.jti),
      payload.client_id === asking.clientId ? asking : clients.find(payload.client_id),
      grant === undefined ||
        Promise.all([store.grantIsLive(grant), accounts.find(sub)]).then(([live, account]) => live && account !== undefined),
    ]);
    if (revoked || client === undefined || !ownerLives) return false;
    return grant !== undefined || (payload.tenant_id ?? null) === client.tenantId;
  };

  return async (token, client) => {
    const payload = await verify(token);
    if (payload === undefined) return INACTIVE;
    const audience = [payload.aud].flat();
    if (!mayIntrospect(client, { clientId: payload.client_id, audience }) || !(await isAlive(payload, client))) return INACTIVE;
    const { grant_id: _grant, ...claims } = payload;
    return { active: true, token_type: claims.cnf?.jkt === undefined ? 'Bearer' : 'DPoP', ...claims };
  };
};
