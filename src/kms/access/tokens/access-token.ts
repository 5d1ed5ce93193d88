import { decodeJwt, errors, jwtVerify } from 'jose';
import type { TokenAlgorithm } from '../federation/algorithms.ts';
import { type ClaimNames, withOurNames } from '../federation/claim-names.ts';
import type { TokenClaims } from '#kms/claims.ts';
import { readClaims } from './claims.ts';
import type { JwksCache } from './jwks-cache.ts';

/** The rules for the tokens of one issuer: the configuration fixes them, never the token. */
export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  /** Seconds, 0 to 30. */
  readonly clockSkewSeconds: number;
  /** The longest life of a token. */
  readonly maxTokenSeconds: number;
  /** Those by which its tokens may be signed; each of its keys verifies one of them. */
  readonly algorithms: readonly TokenAlgorithm[];
  /** Where its tokens have their claims, if not where ours have them. */
  readonly claimNames?: ClaimNames | undefined;
}

/** With the id of the key that signed it; null for an opaque token. */
export type ReadToken = { readonly claims: TokenClaims; readonly keyId: string | null } | { readonly refused: string };

const MAX_KID_LENGTH = 128;

const isCanonical = (part: string): boolean => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;

/** The `iss` of a token that nobody has verified: good only to choose the issuer whose rules then apply. */
export const claimedIssuer = (token: string): string | undefined => {
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every(isCanonical)) return undefined;
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
};

class UnknownKey extends Error {}
class WrongAlgorithm extends Error {}

/** Why jose refused, in words of ours: nothing that the token says is repeated. */
const refusal = (error: unknown, { algorithms }: TokenRules): string | undefined => {
  if (error instanceof UnknownKey) return 'The token is signed with a key that its issuer does not publish';
  if (error instanceof WrongAlgorithm) return 'The algorithm of the token is not that of its key';
  if (error instanceof errors.JWTExpired) return 'The token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return 'The token is not valid yet';
    if (error.claim === 'typ') return 'The token is not an access token: its typ is not at+jwt';
    return `The claim ${error.claim} of the token is missing or wrong`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature of the token is wrong';
  if (error instanceof errors.JOSEAlgNotAllowed) return `The algorithm of the token is not ${algorithms.join(', ')}`;
  if (error instanceof errors.JOSEError) return 'The token cannot be read';
  return undefined;
};

/**
 * A stolen key would sign tokens for years, or for a time to come: the issuer's own live from now, and shortly. One that was stolen after
 * it had ceased to sign is good for nothing once the last token that it could have signed has ended.
 */
export const refusedLife = (
  claims: TokenClaims,
  rules: TokenRules,
  at: { readonly now: number; readonly signsUntil: number | null },
): string | null => {
  const { issuedAt, expiresAt } = claims;
  const { now, signsUntil } = at;
  if (signsUntil !== null && issuedAt > signsUntil) return 'The token was issued after its key had ceased to sign';
  if (issuedAt > now + rules.clockSkewSeconds * 1000) return 'The token was issued in the future';
  return expiresAt - issuedAt > rules.maxTokenSeconds * 1000 ? 'The token lives longer than tokens of its issuer may' : null;
};

/**
 * Verifies a JWT access token: an algorithm that its issuer may use and that is the one of its key, `typ` at+jwt, a key that the issuer publishes (whatever `jwk`, `jku`,
 * `x5u` or `x5c` say) and with which it signed at the time, exact issuer and audience, `exp` and `nbf`, a life no longer than configured that has begun, and all claims of their proper form.
 *
 * @param options.now epoch milliseconds
 * @throws AppError `identity-unavailable` 503 when its key cannot be had
 * @see RFC 9068 section 4, RFC 8725 section 3
 */
export const readAccessToken = async (
  token: string,
  options: { readonly rules: TokenRules; readonly jwks: Pick<JwksCache, 'key'>; readonly now: () => number },
): Promise<ReadToken> => {
  const { rules, jwks, now } = options;
  let signsUntil: number | null = null;
  try {
    const { payload, protectedHeader } = await jwtVerify(
      token,
      async ({ kid, alg }) => {
        const found = typeof kid === 'string' && kid.length <= MAX_KID_LENGTH ? await jwks.key(kid) : undefined;
        if (found === undefined) throw new UnknownKey();
        if (found.algorithm !== alg) throw new WrongAlgorithm();
        signsUntil = found.signsUntil;
        return found.key;
      },
      {
        algorithms: [...rules.algorithms],
        typ: 'at+jwt',
        issuer: rules.issuer,
        audience: rules.audience,
        clockTolerance: rules.clockSkewSeconds,
        currentDate: new Date(now()),
        requiredClaims: ['exp', 'iat', 'sub', 'jti'],
      },
    );
    const read = readClaims(withOurNames(payload, rules.claimNames));
    if ('refused' in read) return { refused: `The claim ${read.refused} of the token is missing or wrong` };
    const refused = refusedLife(read.claims, rules, { now: now(), signsUntil });
    return refused === null ? { ...read, keyId: String(protectedHeader.kid) } : { refused };
  } catch (error) {
    const refused = refusal(error, rules);
    if (refused === undefined) throw error;
    return { refused };
  }
};
