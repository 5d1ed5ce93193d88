import { Ajv, type ValidateFunction } from 'ajv';
import { type Static, Type } from 'typebox';

const text = Type.String({ minLength: 1, maxLength: 512 });
const seconds = Type.Number({ minimum: 0, maximum: 8_640_000_000_000 });
const texts = Type.Array(text, { maxItems: 256 });

/** Names and forms as RFC 9068, RFC 8705, RFC 9449 and OpenID Connect Core section 5.1 give them, and the three of our own. */
const payloadSchema = Type.Object({
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

type Payload = Static<typeof payloadSchema>;

/** The key or the certificate that a token is bound to. @see RFC 8705 section 3.1, RFC 9449 section 6.1 */
type Confirmation = NonNullable<Payload['cnf']>;

/** The claims of an access token for the KMS, each with its type; what no standard and none of ours names is in `custom`. */
export interface AccessTokenClaims {
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
  readonly profile: Readonly<Omit<Payload, (typeof OWN)[number]>>;
  readonly custom: Readonly<Record<string, unknown>>;
}

const OWN = [
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

const own: ReadonlySet<string> = new Set(OWN);
const standard: ReadonlySet<string> = new Set(Object.keys(payloadSchema.properties));

let validate: ValidateFunction<Payload> | undefined;
const validator = (): ValidateFunction<Payload> => (validate ??= new Ajv({ strict: false }).compile<Payload>(payloadSchema));

const picked = (payload: object, wanted: (name: string) => boolean): Record<string, unknown> =>
  Object.fromEntries(Object.entries(payload).filter(([name]) => wanted(name)));

/**
 * The claims of a payload whose signature is proved already.
 *
 * @returns the name of a claim that is missing or has another form than its standard says, when there is one
 */
export const readClaims = (payload: object): { readonly claims: AccessTokenClaims } | { readonly refused: string } => {
  const check = validator();
  if (!check(payload)) {
    const error = check.errors?.[0];
    const missing: unknown = error?.params['missingProperty'];
    return { refused: error?.instancePath.split('/')[1] ?? (typeof missing === 'string' ? missing : 'payload') };
  }
  const scopes = payload.scope.split(' ').filter((scope) => scope !== '');
  if (scopes.length === 0) return { refused: 'scope' };
  return {
    claims: {
      issuer: payload.iss,
      subject: payload.sub,
      audience: typeof payload.aud === 'string' ? payload.aud : (payload.aud[0] ?? ''),
      clientId: payload.client_id,
      scopes,
      tokenId: payload.jti,
      issuedAt: payload.iat * 1000,
      expiresAt: payload.exp * 1000,
      notBefore: payload.nbf === undefined ? null : payload.nbf * 1000,
      authenticatedAt: payload.auth_time === undefined ? null : payload.auth_time * 1000,
      confirmation: payload.cnf ?? null,
      tenant: payload.tenant_id,
      roles: payload.roles ?? [],
      permissions: payload.permissions,
      profile: picked(payload, (name) => standard.has(name) && !own.has(name)) as AccessTokenClaims['profile'],
      custom: picked(payload, (name) => !standard.has(name)),
    },
  };
};
