import { importJWK, SignJWT } from 'jose';
import { SET_TYPE, toSetClaims } from '#infra/security-events/set-claims.ts';
import type { ToldRevocation } from '#infra/security-events/revocation-event.ts';
import type { SigningKeys } from '#identity/keys/signing-keys.ts';

/** Makes the security event token of a revocation for an audience. */
export type SignSet = (revocation: ToldRevocation, audience: string) => Promise<string>;

/**
 * Signs with the key that signs access tokens at this moment, so that resource servers know it by the JWKS.
 *
 * @param options.now epoch milliseconds
 * @see RFC 8417
 */
export const createSignSet = (options: {
  readonly issuer: string;
  readonly signingKeys: Pick<SigningKeys, 'current'>;
  readonly now: () => number;
}): SignSet => {
  const { issuer, signingKeys, now } = options;
  return async (revocation, audience) => {
    const [jwk] = (await signingKeys.current()).keys;
    return new SignJWT(toSetClaims(revocation, issuer))
      .setProtectedHeader({ alg: 'ES256', typ: SET_TYPE, kid: String(jwk.kid) })
      .setAudience(audience)
      .setIssuedAt(Math.floor(now() / 1000))
      .sign(await importJWK(jwk, 'ES256'));
  };
};
