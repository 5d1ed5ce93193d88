import { errors, jwtVerify } from 'jose';
import { equalSecrets } from '#infra/secrets/compare.ts';
import type { TokenRules } from '../tokens/access-token.ts';
import type { JwksCache } from '../tokens/jwks-cache.ts';
import { logInRefused } from './log-in-errors.ts';

/**
 * Verifies an ID token that came from the token endpoint: an algorithm of the issuer by a published key, exact issuer, audience and nonce, in its time.
 *
 * @param expected.now epoch milliseconds
 * @returns `sub`
 * @throws AppError `log-in-refused` 400; `identity-unavailable` 503 when its key cannot be had
 * @see OpenID Connect Core 1.0 section 3.1.3.7
 */
export const verifyIdToken = async (
  token: string,
  expected: {
    readonly rules: Pick<TokenRules, 'issuer' | 'algorithms' | 'clockSkewSeconds'>;
    readonly clientId: string;
    readonly nonce: string;
    readonly jwks: Pick<JwksCache, 'key'>;
    readonly now: () => number;
  },
): Promise<string> => {
  const { rules, clientId, nonce, jwks, now } = expected;
  let signsUntil: number | null = null;
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ alg, kid }) => {
        const found = typeof kid === 'string' ? await jwks.key(kid) : undefined;
        if (found === undefined || found.algorithm !== alg) throw new errors.JWKSNoMatchingKey();
        signsUntil = found.signsUntil;
        return found.key;
      },
      {
        algorithms: [...rules.algorithms],
        issuer: rules.issuer,
        audience: clientId,
        clockTolerance: rules.clockSkewSeconds,
        currentDate: new Date(now()),
        requiredClaims: ['sub', 'exp', 'iat', 'nonce'],
      },
    );
    const { sub, aud, azp, iat = 0 } = payload;
    if (signsUntil !== null && iat * 1000 > signsUntil) throw logInRefused('the key of the ID token had ceased to sign');
    if (typeof payload['nonce'] !== 'string' || !equalSecrets(payload['nonce'], nonce))
      throw logInRefused('the ID token is for another log-in');
    // An ID token for several audiences would be good for all of them.
    if (Array.isArray(aud) && aud.length > 1) throw logInRefused('the ID token has several audiences');
    if (azp !== undefined && azp !== clientId) throw logInRefused('the ID token was issued to another client');
    if (sub === undefined || sub === '') throw logInRefused('the ID token names nobody');
    return sub;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw logInRefused(`the ID token is not good (${error.code})`, error);
    throw error;
  }
};
