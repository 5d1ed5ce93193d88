/** What the provider asks of the accounts slice: the account as tokens and userinfo show it. */
export interface AccountClaims {
  /** UUIDv7; the `sub` of every token. */
  readonly accountId: string;
  /** UUIDv4. */
  readonly tenantId: string;
  readonly username: string;
  readonly roles: readonly string[];
  /** Every scope of every resource server that the account may be granted, coarse and fine; see `scopesOfRoles`. */
  readonly scopes: readonly string[];
  readonly name?: string;
  readonly email?: string;
}

export interface AccountLookup {
  /** @returns undefined for an unknown, disabled or retired account: the provider then issues and shows nothing */
  find(accountId: string): Promise<AccountClaims | undefined>;
}

export type ClientAuthMethod = 'none' | 'client_secret_basic' | 'client_secret_post';
export type ClientGrantType = 'authorization_code' | 'refresh_token' | 'client_credentials';

/** What the provider asks of the clients slice; never a secret. */
export interface ClientRecord {
  readonly clientId: string;
  readonly name: string;
  /** `native` takes loopback redirects with any port (RFC 8252 section 7.3): register them without a port. */
  readonly applicationType: 'web' | 'native';
  readonly authMethod: ClientAuthMethod;
  readonly grantTypes: readonly ClientGrantType[];
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  /** All that the client may ask for: `openid`, `profile`, `offline_access` and scopes of resource servers. */
  readonly scopes: readonly string[];
  /** Tenant of its client-credentials tokens, UUIDv4; null for a client that only acts for users or only introspects. */
  readonly tenantId: string | null;
  /** Roles of its client-credentials tokens. */
  readonly roles: readonly string[];
  /** Seconds; null takes the resource server's `token_ttl_seconds`. */
  readonly accessTokenTtlSeconds: number | null;
  /** Audiences whose tokens it may introspect, beside its own tokens. */
  readonly mayIntrospect: readonly string[];
}

export interface ClientLookup {
  /** @returns undefined for an unknown, disabled or retired client */
  find(clientId: string): Promise<ClientRecord | undefined>;
  /**
   * In constant time and at the same cost for a client without a secret; resolves false for a wrong one.
   *
   * @param address of the peer, as the socket has it
   * @throws AppError `too-many-attempts` or `password-queue-full` (429 with Retry-After)
   */
  verifySecret(clientId: string, secret: string, address: string): Promise<boolean>;
}

/**
 * A resource server whose access tokens this issuer makes.
 *
 * @see RFC 8707
 */
export interface ResourceServer {
  /** Absolute URI: the audience. */
  readonly resource: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly tokenFormat: 'jwt' | 'opaque';
  readonly tokenTtlSeconds: number;
}
