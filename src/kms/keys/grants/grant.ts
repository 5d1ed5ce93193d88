import type { FineScope } from '#infra/magic/magic.ts';
import type { Precondition } from '#infra/http/request/entity-tag.ts';
import type { Page } from '#infra/http/request/paging.ts';
import { type Caller, principalOf } from '#kms/caller.ts';

/** The kinds of credential by which a principal is known; a session is that of the user who logged in. */
export const PRINCIPAL_KINDS = ['token', 'realm-user', 'certificate', 'api-key'] as const;
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number];

/** Somebody of the tenant, as records of the audit name him. */
export interface Principal {
  readonly kind: PrincipalKind;
  /** `iss` of his tokens; null for every other kind. */
  readonly issuer: string | null;
  /** `sub`, id of a realm user, common name of a certificate, id of an API key. */
  readonly subject: string;
}

/** One who grants: the service itself does so for the examples of a demo. */
export const GRANTER_KINDS = [...PRINCIPAL_KINDS, 'service'] as const;
export interface Granter extends Omit<Principal, 'kind'> {
  readonly kind: (typeof GRANTER_KINDS)[number];
}

/** For each operation that can be granted, the scopes that it takes. */
export const GRANTED_SCOPES = {
  encrypt: ['kms:encrypt'],
  decrypt: ['kms:decrypt'],
  sign: ['kms:sign'],
  verify: ['kms:verify'],
  mac: ['kms:mac'],
  'mac-verify': ['kms:mac-verify'],
  wrap: ['kms:wrap'],
  unwrap: ['kms:unwrap'],
  rewrap: ['kms:rewrap'],
  generate: ['kms:generate'],
  /** The policy of the key, and its public keys. */
  read: ['kms:elastic-keys:read', 'kms:material-keys:read'],
} as const satisfies Readonly<Record<string, readonly FineScope[]>>;

export type GrantedOperation = keyof typeof GRANTED_SCOPES;
export const GRANTED_OPERATIONS = Object.keys(GRANTED_SCOPES) as readonly GrantedOperation[];

export const GRANTABLE: ReadonlySet<FineScope> = new Set(Object.values(GRANTED_SCOPES).flat());
export const isGrantable = (scope: FineScope): boolean => GRANTABLE.has(scope);

/** The operations whose callers give a context. */
export const WITH_CONTEXT: ReadonlySet<GrantedOperation> = new Set(['encrypt', 'decrypt', 'wrap', 'unwrap', 'rewrap', 'generate']);

/**
 * How the context of a use must be. `equals`: this text. `contains`: this is one of its parts, as they stand between commas, semicolons,
 * ampersands and spaces, so that `tenant=1` is not found in `tenant=12`.
 */
export const CONTEXT_RULES = ['equals', 'contains'] as const;
export interface ContextRule {
  readonly rule: (typeof CONTEXT_RULES)[number];
  readonly value: string;
}

const BETWEEN_PARTS = /[,;& ]/;
export const isOnePart = (value: string): boolean => !BETWEEN_PARTS.test(value);

/** A right of one principal to do some operations with one elastic key, until it expires, is revoked, or the key is destroyed. */
export interface Grant {
  /** UUIDv7. */
  readonly id: string;
  readonly elasticKeyId: string;
  readonly grantee: Principal;
  /** At least one, each once. */
  readonly operations: readonly GrantedOperation[];
  /** Null: any context, and none. */
  readonly context: ContextRule | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly grantedBy: Granter;
}

/** The use of a key that somebody asks for. */
export interface GrantedUse {
  readonly elasticKeyId: string;
  readonly scope: FineScope;
  readonly context: string | undefined;
}

const isInContext = ({ rule, value }: ContextRule, context: string | undefined): boolean => {
  if (context === undefined) return false;
  return rule === 'equals' ? context === value : context.split(BETWEEN_PARTS).includes(value);
};

/** Whether a grant gives the scope now, for whatever key and context. @param now epoch milliseconds */
export const gives = ({ operations, expiresAt }: Grant, scope: FineScope, now: number): boolean =>
  expiresAt > now && operations.some((operation) => (GRANTED_SCOPES[operation] as readonly FineScope[]).includes(scope));

/** Whether a grant that gives the scope allows this use; `context`: it would with another context. */
export const allows = ({ elasticKeyId, context }: Grant, use: GrantedUse): 'yes' | 'context' | 'no' => {
  if (elasticKeyId !== use.elasticKeyId) return 'no';
  return context === null || isInContext(context, use.context) ? 'yes' : 'context';
};

/** The principal of a caller; null for the service itself, to whom nobody grants anything. */
export const granteeOf = (caller: Pick<Caller, 'subject' | 'authentication'>): Principal | null => {
  const [kind, issuer, subject] = principalOf(caller);
  const known = PRINCIPAL_KINDS.find((each) => each === kind);
  return known === undefined ? null : { kind: known, issuer, subject };
};

interface CreateGrant {
  readonly grantee: Principal;
  readonly operations: readonly GrantedOperation[];
  readonly context?: ContextRule | null;
  /** Epoch milliseconds, in the future and within a year. */
  readonly expiresAt: number;
}

/**
 * Grants of the keys of the caller's tenant. Each change holds from its answer on, in every replica. A key is named by its id or its name;
 * one of another tenant is `elastic-key-not-found`, 404.
 */
export interface GrantService {
  /**
   * @throws AppError `grant-exceeds-granter` 403 for an operation that the caller may not do by scopes of his own; `expiry-past`,
   *   `expiry-far`, `context-not-of-operation`, `context-not-one-part`, `grantee-issuer` 400; `grants-quota`, `elastic-key-destroyed` 409
   */
  create(caller: Caller, key: string, input: CreateGrant): Promise<Grant>;
  /** Those that have not expired, in the order in which they were made. */
  list(caller: Caller, key: string, page: { readonly limit?: number; readonly cursor?: string | undefined }): Promise<Page<Grant>>;
  /** @throws AppError `grant-not-found` 404 */
  read(caller: Caller, key: string, id: string): Promise<Grant>;
  /** @returns the grant as it was @throws AppError `grant-not-found` 404, `precondition-failed` 412 */
  revoke(caller: Caller, key: string, id: string, condition?: { readonly precondition?: Precondition<Grant> }): Promise<Grant>;
}
