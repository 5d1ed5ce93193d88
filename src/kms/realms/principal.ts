import type {} from 'fastify';
import type { FineScope } from '#infra/magic/magic.ts';

export type PrincipalKind = 'token' | 'realm-user' | 'certificate';

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

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the authorisation hook before any handler of `/service/api/v1` runs. */
    principal: Principal;
  }
  interface FastifyContextConfig {
    /** The fine scope that the caller needs; every route under `/service/api/v1` names one. */
    scope?: FineScope;
  }
}
