import type { Database } from '#infra/database/databases.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import type { TokenClaims } from './claims.ts';
import type { TenantTables } from './database/tenant-tables.ts';
import type { KeyScopes } from './rights/key-scopes.ts';

/** The tenant of a caller, as one look at the directory of tenants found it. */
export interface CallerTenant {
  /** UUIDv4; the credential names it, and no path, query or header can change it. */
  readonly id: string;
  readonly name: string;
  /**
   * The tenant's own database, under the lease with which the tenant was found.
   *
   * @throws AppError `tenant-unknown` 404 when the tenant is gone meanwhile, `database-missing` 503
   */
  database(): Promise<Database<TenantTables>>;
}

/** How a caller proved who he is, with what only this kind of proof knows. */
export type Authentication =
  /** An access token: `iss` and `jti`, and all that it says. @see RFC 9068 */
  | { readonly kind: 'token'; readonly issuer: string; readonly tokenId: string; readonly claims: TokenClaims }
  /** A password of a realm. @see RFC 7617 */
  | { readonly kind: 'realm-user' }
  /** A session of a browser; `issuer` where the user logged in at one, and not by a realm. */
  | { readonly kind: 'session'; readonly sessionId: string; readonly issuer: string | null }
  /** A client certificate. */
  | { readonly kind: 'certificate' }
  /** An API key, and when it expires in epoch milliseconds. */
  | { readonly kind: 'api-key'; readonly expiresAt: number }
  /** The client certificate of an operator, at the admin listener. */
  | { readonly kind: 'operator' }
  /** Nobody: the service itself acts. */
  | { readonly kind: 'service'; readonly purpose: ServicePurpose };

/** The request in which a caller acts. */
export interface CallerRequest {
  /** UUIDv7. */
  readonly id: string;
  /** 32 hexadecimal digits; null outside of every trace. */
  readonly traceId: string | null;
  /** IP address of the client. */
  readonly address: string;
  /** Of a change that the client may ask for again; absent where it sent none. */
  readonly idempotencyKey?: IdempotencyKey;
}

/** By this a request that comes again is known. */
export interface IdempotencyKey {
  /** As the client sent it. */
  readonly value: string;
  /** SHA-256 of method, path and body, as base64url: a repetition has the same. */
  readonly fingerprint: string;
}

/**
 * The one who acts, with his tenant and his scopes. Every service takes a caller in place of a tenant id, so that nothing happens in
 * nobody's name. The guard makes one for each request.
 */
export interface Caller {
  /** Stable id within the issuer or the realm: `sub`, realm user id, common name of a certificate, id of an API key; see `principalOf`. */
  readonly subject: string;
  readonly username: string | null;
  readonly roles: readonly string[];
  /** Fine scopes for all keys; coarse ones are expanded. */
  readonly scopes: ReadonlySet<FineScope>;
  /** Scopes for single keys, by id, name or label; absent where he holds none. */
  readonly keyScopes?: KeyScopes;
  readonly tenant: CallerTenant;
  readonly authentication: Authentication;
  /** Null for work that no request asked for. */
  readonly request: CallerRequest | null;
}

/**
 * The one who acts, told apart from everybody else in his tenant: a `sub` means somebody only within its issuer, and a subject only
 * within its kind of credential. Compare principals, never subjects.
 */
export const principalOf = ({
  subject,
  authentication,
}: Pick<Caller, 'subject' | 'authentication'>): readonly [string, string | null, string] => [
  kindOf(authentication),
  'issuer' in authentication ? authentication.issuer : null,
  subject,
];

/** A session is no credential of its own: with it acts whoever logged in, by a token of his issuer or a password. */
const kindOf = (authentication: Authentication): string => {
  if (authentication.kind !== 'session') return authentication.kind;
  return authentication.issuer === null ? 'realm-user' : 'token';
};

/** A caller as his credential alone proves him. */
export type AuthenticatedCaller = Omit<Caller, 'request'>;

/** Work that the service does by itself, and the scopes that it takes: it may do this much and no more. */
const SERVICE_SCOPES = {
  'demo-seed': new Set<FineScope>(['kms:elastic-keys:read', 'kms:elastic-keys:create']),
  'api-examples': new Set<FineScope>([
    'kms:elastic-keys:read',
    'kms:elastic-keys:import',
    'kms:material-keys:read',
    'kms:grants:read',
    'kms:grants:write',
    'kms:encrypt',
    'kms:sign',
    'kms:mac',
    'kms:wrap',
    'kms:api-keys:read',
    'kms:api-keys:create',
  ]),
  'destroy-due-keys': new Set<FineScope>(['kms:elastic-keys:delete', 'kms:material-keys:delete']),
  'remove-due-tenants': new Set<FineScope>(['kms:tenants:write']),
  'administer-tenants': new Set<FineScope>(['kms:tenants:write']),
  'automatic-rotation': new Set<FineScope>(['kms:material-keys:rotate']),
} as const;

export type ServicePurpose = keyof typeof SERVICE_SCOPES;

/** The service itself, acting for one tenant and one purpose. */
export const serviceCaller = (tenant: CallerTenant, purpose: ServicePurpose): Caller => ({
  subject: `service:${purpose}`,
  username: null,
  roles: [],
  scopes: SERVICE_SCOPES[purpose],
  tenant,
  authentication: { kind: 'service', purpose },
  request: null,
});
