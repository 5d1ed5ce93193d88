import type { JWK, JWTPayload } from 'jose';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { AccountLookup, ClientLookup, ClientRecord } from './lookups.ts';
import type { PayloadStore } from './store/payloads.store.ts';

/** Claims of an access token of ours, checked. */
interface AccessTokenPayload extends JWTPayload {
  readonly jti: string;
  readonly sub: string;
  readonly exp: number;
  readonly aud: string | string[];
  readonly client_id: string;
  readonly tenant_id?: string;
  /** `grantReference` of its grant; absent for client credentials. */
  readonly grant_id?: string;
}

export interface JwtTokens {
  /** @returns the body of RFC 7662 section 2.2; `{ active: false }` for whatever the client may not see */
  introspect(token: string, client: ClientRecord): Promise<Record<string, unknown>>;
  /** @returns `foreign` when the token is another client's (RFC 7009 section 2.1); a token that is not valid is `done` */
  revoke(token: string, client: ClientRecord): Promise<'done' | 'foreign'>;
}

const REQUIRED_CLAIMS = ['jti', 'sub', 'exp', 'aud', 'client_id'];
const INACTIVE = { active: false } as const;

/** A token shows only to the client it was issued to and to the resource servers it is for. */
export const mayIntrospect = (
  client: ClientRecord,
  token: { readonly clientId: string | undefined; readonly audience: readonly string[] },
): boolean =>
  token.clientId === client.clientId ||
  (client.authMethod !== 'none' && token.audience.some((audience) => client.mayIntrospect.includes(audience)));

/**
 * What oidc-provider refuses to do with structured tokens: introspection and revocation of JWT access tokens. A token is
 * active while its signature, issuer and time are good, it is not revoked, and its grant, client and account still are.
 *
 * @see RFC 7662, RFC 7009, RFC 9068
 */
export const createJwtTokens = (options: {
  readonly issuer: string;
  /** Public parts of all signing keys. */
  readonly keys: readonly JWK[];
  readonly store: PayloadStore;
  readonly accounts: AccountLookup;
  readonly clients: ClientLookup;
  readonly now: () => number;
}): JwtTokens => {
  const { issuer, store, accounts, clients, now } = options;
  const keySet = createLocalJWKSet({ keys: [...options.keys] });

  const verify = async (token: string): Promise<AccessTokenPayload | undefined> => {
    try {
      const verified = await jwtVerify<AccessTokenPayload>(token, keySet, {
        issuer,
        typ: 'at+jwt',
        algorithms: ['ES256'],
        requiredClaims: REQUIRED_CLAIMS,
        currentDate: new Date(now()),
      });
      return verified.payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };

  /** A token of client credentials stands for the client in the tenant that it had then. */
  const isAlive = async (payload: AccessTokenPayload): Promise<boolean> => {
    const { grant_id: grant, sub } = payload;
    const [revoked, client, ownerLives] = await Promise.all([
      store.tokenIsRevoked(payload.jti),
      clients.find(payload.client_id),
      grant === undefined ||
        Promise.all([store.grantIsLive(grant), accounts.find(sub)]).then(([live, account]) => live && account !== undefined),
    ]);
    if (revoked || client === undefined || !ownerLives) return false;
    return grant !== undefined || (payload.tenant_id ?? null) === client.tenantId;
  };

  return {
    introspect: async (token, client) => {
      const payload = await verify(token);
      if (payload === undefined) return INACTIVE;
      const audience = [payload.aud].flat();
      if (!mayIntrospect(client, { clientId: payload.client_id, audience }) || !(await isAlive(payload))) return INACTIVE;
      const { grant_id: _grant, ...claims } = payload;
      return { active: true, token_type: 'Bearer', ...claims };
    },
    revoke: async (token, client) => {
      const payload = await verify(token);
      if (payload === undefined) return 'done';
      if (payload.client_id !== client.clientId) return 'foreign';
      await store.revokeToken(payload.jti, payload.exp * 1000);
      return 'done';
    },
  };
};
