import type { FineScope } from '#infra/magic/magic.ts';

type PrincipalKind = 'token' | 'realm-user' | 'certificate';

/** Who asks, proved by exactly one credential. Everything that a route decides with comes from here. */
export interface Principal {
  readonly kind: PrincipalKind;
  /** Stable id of the caller within its issuer or realm: `sub`, realm user id, certificate subject. */
  readonly subject: string;
  readonly username?: string;
  /** The tenant that the credential names (UUIDv4); no path, query or header can change it. */
  readonly tenantId: string;
  /** Fine scopes after expansion of the coarse ones. */
  readonly scopes: ReadonlySet<FineScope>;
  readonly roles: readonly string[];
  /** `iss` of a token, null for realm users and certificates. */
  readonly issuer: string | null;
  /** `jti` of a token. */
  readonly tokenId?: string;
}
