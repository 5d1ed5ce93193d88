import type { JWK, JWTPayload } from 'jose';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { signsUntilOf } from '#infra/magic/signs-until.ts';
import { MAX_TOKEN_LENGTH } from '#infra/secrets/credential-limits.ts';

/** Claims of a JWT access token of ours. @see RFC 9068 */
export interface AccessTokenPayload extends JWTPayload {
  readonly jti: string;
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  readonly aud: string | string[];
  readonly client_id: string;
  readonly tenant_id?: string;
  /** @see RFC 9449 section 6.1, RFC 8705 section 3.1 */
  readonly cnf?: { readonly jkt?: string; readonly 'x5t#S256'?: string };
  /** `grantReference` of its grant; absent for client credentials. */
  readonly grant_id?: string;
  /** Names of the claims that it opens at userinfo, where its grant holds them. */
  readonly userinfo_claims?: readonly string[];
}

/** @returns undefined unless signature, issuer, type and time are good, its key signed then, and every claim that we rely on is there */
export type VerifyAccessToken = (token: string) => Promise<AccessTokenPayload | undefined>;

const REQUIRED_CLAIMS = ['jti', 'sub', 'iat', 'exp', 'aud', 'client_id'];

/** Tokens whose signature is remembered; one takes about 2 KiB. */
const MAX_VERIFIED = 4_000;

/**
 * A token whose signature was good stays so: it is remembered by its hash, so that a resource server that asks again pays no signature.
 * Its time is looked at each time.
 *
 * @param options.keys public parts of all signing keys
 */
export const createAccessTokenVerifier = (options: {
  readonly issuer: string;
  readonly keys: readonly JWK[];
  readonly now: () => number;
}): VerifyAccessToken => {
  const { issuer, now } = options;
  const keySet = createLocalJWKSet({ keys: [...options.keys] });
  const signedInTime = (kid: unknown, issuedAt: number): boolean => {
    const until = signsUntilOf(options.keys.find((key) => key.kid === kid) ?? {}) ?? null;
    return until === null || issuedAt * 1000 <= until;
  };
  const verified = createBoundedMap<AccessTokenPayload>({ max: MAX_VERIFIED });
  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) return undefined;
    const key = boundedKey(token);
    const known = verified.get(key);
    if (known !== undefined) return known.exp > Math.floor(now() / 1000) ? known : undefined;
    try {
      const { payload, protectedHeader } = await jwtVerify<AccessTokenPayload>(token, keySet, {
        issuer,
        typ: 'at+jwt',
        algorithms: ['ES256'],
        requiredClaims: REQUIRED_CLAIMS,
        currentDate: new Date(now()),
      });
      if (!signedInTime(protectedHeader.kid, payload.iat)) return undefined;
      verified.set(key, payload);
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
};
