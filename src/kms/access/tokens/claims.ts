import { Ajv, type ValidateFunction } from 'ajv';
import { isNestedWithin } from '#infra/json/json-object.ts';
import { type ClaimsPayload, claimsSchema, OWN_CLAIMS, type TokenClaims } from '#kms/claims.ts';

const own: ReadonlySet<string> = new Set(OWN_CLAIMS);
const standard: ReadonlySet<string> = new Set(Object.keys(claimsSchema.properties));

let validate: ValidateFunction<ClaimsPayload> | undefined;
const validator = (): ValidateFunction<ClaimsPayload> => (validate ??= new Ajv({ strict: false }).compile<ClaimsPayload>(claimsSchema));

/** Characters of all claims as JSON: twice those of a token, for an answer of introspection may say more. */
const MAX_CLAIMS_LENGTH = 16_384;
/** Objects in objects. */
const MAX_DEPTH = 8;

/** A copy that nobody can change, and that inherits nothing: a claim named `constructor` is there or is not. */
const frozen = (value: unknown): unknown => {
  if (Array.isArray(value)) return Object.freeze(value.map(frozen));
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [name, each] of Object.entries(value)) copy[name] = frozen(each);
  return Object.freeze(copy);
};

const picked = (payload: object, wanted: (name: string) => boolean): unknown =>
  frozen(Object.fromEntries(Object.entries(payload).filter(([name]) => wanted(name))));

/**
 * The claims of a payload that is proved already: by a signature, or because the issuer says so itself.
 *
 * @returns the name of a claim that is missing or has another form than its standard says, when there is one
 */
export const readClaims = (payload: object): { readonly claims: TokenClaims } | { readonly refused: string } => {
  if (!isNestedWithin(payload, MAX_DEPTH) || JSON.stringify(payload).length > MAX_CLAIMS_LENGTH) return { refused: 'payload' };
  const check = validator();
  if (!check(payload)) {
    const error = check.errors?.[0];
    const missing: unknown = error?.params['missingProperty'];
    return { refused: error?.instancePath.split('/')[1] ?? (typeof missing === 'string' ? missing : 'payload') };
  }
  const scopes = payload.scope.split(' ').filter((scope) => scope !== '');
  if (scopes.length === 0) return { refused: 'scope' };
  return {
    claims: Object.freeze({
      issuer: payload.iss,
      subject: payload.sub,
      audience: typeof payload.aud === 'string' ? payload.aud : (payload.aud[0] ?? ''),
      clientId: payload.client_id,
      scopes: Object.freeze(scopes),
      tokenId: payload.jti,
      issuedAt: payload.iat * 1000,
      expiresAt: payload.exp * 1000,
      notBefore: payload.nbf === undefined ? null : payload.nbf * 1000,
      authenticatedAt: payload.auth_time === undefined ? null : payload.auth_time * 1000,
      confirmation: frozen(payload.cnf ?? null) as TokenClaims['confirmation'],
      tenant: payload.tenant_id,
      roles: Object.freeze([...(payload.roles ?? [])]),
      permissions: payload.permissions && Object.freeze([...payload.permissions]),
      profile: picked(payload, (name) => standard.has(name) && !own.has(name)) as TokenClaims['profile'],
      custom: picked(payload, (name) => !standard.has(name)) as TokenClaims['custom'],
    }),
  };
};
