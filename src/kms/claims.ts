import { type Static, Type } from 'typebox';

const text = Type.String({ minLength: 1, maxLength: 512 });
const seconds = Type.Number({ minimum: 0, maximum: 8_640_000_000_000 });
const texts = Type.Array(text, { maxItems: 256 });

/** Names and forms as RFC 9068, RFC 8705, RFC 9449 and OpenID Connect Core section 5.1 give them, and the three of our own. */
export const claimsSchema = Type.Object({
  iss: text,
  sub: text,
  aud: Type.Union([text, Type.Array(text, { minItems: 1, maxItems: 1 })]),
  client_id: text,
  scope: Type.String({ minLength: 1, maxLength: 4_096 }),
  jti: text,
  iat: seconds,
  exp: seconds,
  nbf: Type.Optional(seconds),
  auth_time: Type.Optional(seconds),
  acr: Type.Optional(text),
  amr: Type.Optional(texts),
  cnf: Type.Optional(Type.Object({ 'x5t#S256': Type.Optional(text), jkt: Type.Optional(text) })),
  tenant_id: text,
  roles: Type.Optional(texts),
  permissions: Type.Optional(texts),
  name: Type.Optional(Type.String()),
  given_name: Type.Optional(Type.String()),
  family_name: Type.Optional(Type.String()),
  middle_name: Type.Optional(Type.String()),
  nickname: Type.Optional(Type.String()),
  preferred_username: Type.Optional(Type.String()),
  profile: Type.Optional(Type.String()),
  picture: Type.Optional(Type.String()),
  website: Type.Optional(Type.String()),
  email: Type.Optional(Type.String()),
  email_verified: Type.Optional(Type.Boolean()),
  gender: Type.Optional(Type.String()),
  birthdate: Type.Optional(Type.String()),
  zoneinfo: Type.Optional(Type.String()),
  locale: Type.Optional(Type.String()),
  phone_number: Type.Optional(Type.String()),
  phone_number_verified: Type.Optional(Type.Boolean()),
  address: Type.Optional(
    Type.Object({
      formatted: Type.Optional(Type.String()),
      street_address: Type.Optional(Type.String()),
      locality: Type.Optional(Type.String()),
      region: Type.Optional(Type.String()),
      postal_code: Type.Optional(Type.String()),
      country: Type.Optional(Type.String()),
    }),
  ),
  updated_at: Type.Optional(seconds),
});

export type ClaimsPayload = Static<typeof claimsSchema>;

/** The key or the certificate that a token is bound to. @see RFC 8705 section 3.1, RFC 9449 section 6.1 */
type Confirmation = NonNullable<ClaimsPayload['cnf']>;

/**
 * The claims of an access token for the KMS, each with its type; what no standard and none of ours names is in `custom`. All of it is
 * frozen, and objects in `custom` have their own members and no others.
 */
export interface TokenClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly tokenId: string;
  /** Epoch milliseconds, as are all times here. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly notBefore: number | null;
  readonly authenticatedAt: number | null;
  readonly confirmation: Confirmation | null;
  /** Id of the tenant, or its name, as the rules of the issuer have it; whether there is such a tenant is not said yet. */
  readonly tenant: string;
  readonly roles: readonly string[];
  /** Undefined: no narrowing; empty: nothing is allowed. */
  readonly permissions: readonly string[] | undefined;
  /** Claims about the person, with the names of OpenID Connect Core section 5.1. */
  readonly profile: Readonly<Omit<ClaimsPayload, (typeof OWN_CLAIMS)[number]>>;
  readonly custom: Readonly<Record<string, unknown>>;
}

/** Claims that have a member of their own in `TokenClaims`. */
export const OWN_CLAIMS = [
  'iss',
  'sub',
  'aud',
  'client_id',
  'scope',
  'jti',
  'iat',
  'exp',
  'nbf',
  'auth_time',
  'cnf',
  'tenant_id',
  'roles',
  'permissions',
] as const;
