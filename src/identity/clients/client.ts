import type { ClientSecurity } from './security/client-security.ts';

/** How a client proves itself at the token endpoint; `none` is a public client. @see OpenID Connect Core 1.0 section 9 */
export const CLIENT_AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth'] as const;
export type ClientAuthMethod = (typeof CLIENT_AUTH_METHODS)[number];
const SECRET_AUTH_METHODS: readonly string[] = ['client_secret_basic', 'client_secret_post'] satisfies readonly ClientAuthMethod[];
/** Whether a client proves itself by a secret that it shares with Identity. */
export const hasSharedSecret = ({ authMethod }: Pick<ClientRecord, 'authMethod'>): boolean => SECRET_AUTH_METHODS.includes(authMethod);

/** Of a device that has no browser. @see RFC 8628 section 3.4 */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** @see RFC 7591 section 2 */
export const CLIENT_GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT] as const;
export type ClientGrantType = (typeof CLIENT_GRANT_TYPES)[number];

/** `native` takes loopback redirects with any port (RFC 8252 section 7.3): they are registered without a port. */
export const APPLICATION_TYPES = ['web', 'native'] as const;
export type ApplicationType = (typeof APPLICATION_TYPES)[number];

/**
 * What every access token of a client is bound to. `none`: to a key where the client shows a DPoP proof, else to nothing.
 *
 * @see RFC 9449 section 5.2, RFC 8705 section 3.4
 */
export const TOKEN_BINDINGS = ['none', 'dpop', 'certificate'] as const;
export type TokenBinding = (typeof TOKEN_BINDINGS)[number];

/** Form of access tokens: a JWT (RFC 9068), which the API can check by itself, or a text that says nothing. */
export const TOKEN_FORMATS = ['jwt', 'opaque'] as const;
export type TokenFormat = (typeof TOKEN_FORMATS)[number];

/** One OAuth client as the provider knows it; never a secret. */
export interface ClientRecord extends ClientSecurity {
  readonly clientId: string;
  readonly name: string;
  readonly applicationType: ApplicationType;
  readonly authMethod: ClientAuthMethod;
  /** Of the certificate by which a service of the configuration proves itself; its other names may be any. */
  readonly certificateCommonName?: string;
  readonly grantTypes: readonly ClientGrantType[];
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  /** Origins of pages whose scripts may read the answers to its requests. @see https://fetch.spec.whatwg.org/#http-cors-protocol */
  readonly corsOrigins: readonly string[];
  /** All that the client may ask for: `openid`, `profile`, `offline_access` and scopes of resource servers. */
  readonly scopes: readonly string[];
  /** Tenant of its client-credentials tokens, UUIDv4; null for a client that only acts for users or only introspects. */
  readonly tenantId: string | null;
  /** Roles of its client-credentials tokens. */
  readonly roles: readonly string[];
  /** Seconds; null takes the resource server's `token_ttl_seconds`. */
  readonly accessTokenTtlSeconds: number | null;
  readonly tokenBinding: TokenBinding;
  /** Null takes that of the resource server. */
  readonly tokenFormat: TokenFormat | null;
  /** Whether people are not asked for consent: it belongs to whom Identity belongs to. */
  readonly firstParty: boolean;
  /**
   * False for a confidential client that relies on `nonce` in the place of PKCE: it has to send one.
   *
   * @see RFC 9700 section 2.1.1
   */
  readonly requiresPkce: boolean;
  /**
   * Where it is told that a session of somebody has ended; absent where it wants to know nothing. It is told the session in any case,
   * `sessionRequired` or not.
   *
   * @see OpenID Connect Back-Channel Logout 1.0 section 2.2
   */
  readonly backchannelLogout?: { readonly uri: string; readonly sessionRequired: boolean };
  /** Audiences whose tokens it may introspect, beside its own tokens. */
  readonly mayIntrospect: readonly string[];
}
