import { hash } from 'node:crypto';
import { withOurNames } from '../federation/claim-names.ts';
import { type ReadToken, refusedLife, type TokenRules } from './access-token.ts';
import { readClaims } from './claims.ts';
import type { Introspection, IntrospectionAnswer } from './introspection.ts';

/** A text of three parts is a JWT or nothing: one that does not verify is not sent anywhere. */
export const isOpaque = (token: string): boolean => token.split('.').length !== 3;

/**
 * The answer with the names of a JWT access token. RFC 7662 leaves out what the asker knows: the issuer, an id, when it was issued; and
 * a token of client credentials has no subject but the client (RFC 9068 section 2.2).
 */
const asPayload = (answer: IntrospectionAnswer, token: string, rules: TokenRules, now: number): Readonly<Record<string, unknown>> => {
  const { active: _active, token_type: _type, ...claims } = answer;
  return {
    iss: rules.issuer,
    sub: answer['client_id'],
    jti: hash('sha256', token, 'base64url'),
    iat: Math.floor(now / 1000),
    ...claims,
  };
};

/** The times and the audience, which jose checks in a JWT. */
const wrongClaim = (payload: Readonly<Record<string, unknown>>, rules: TokenRules, now: number): string | null => {
  const { iss, aud, exp, nbf } = payload;
  const [seconds, skew] = [now / 1000, rules.clockSkewSeconds];
  if (iss !== rules.issuer) return 'The claim iss of the token is missing or wrong';
  if ([aud].flat().length !== 1 || [aud].flat()[0] !== rules.audience) return 'The claim aud of the token is missing or wrong';
  if (typeof exp !== 'number') return 'The claim exp of the token is missing or wrong';
  if (exp <= seconds - skew) return 'The token has expired';
  return typeof nbf === 'number' && nbf > seconds + skew ? 'The token is not valid yet' : null;
};

/**
 * Reads an opaque access token by asking its issuer, and holds the answer to the rules for JWT access tokens: exact issuer and audience,
 * times, a life no longer than configured, and all claims of their proper form.
 *
 * @param options.now epoch milliseconds
 * @throws AppError `identity-unavailable` 503 when there is no usable answer
 * @see RFC 7662 section 2.2
 */
export const readOpaqueToken = async (
  token: string,
  options: { readonly rules: TokenRules; readonly introspection: Pick<Introspection, 'ask'>; readonly now: () => number },
): Promise<ReadToken> => {
  const { rules, introspection, now } = options;
  const answer = await introspection.ask(token);
  if (!answer.active) return { refused: 'The token is not active at its issuer' };
  const payload = asPayload(answer, token, rules, now());
  const wrong = wrongClaim(payload, rules, now());
  if (wrong !== null) return { refused: wrong };
  const read = readClaims(withOurNames(payload, rules.claimNames));
  if ('refused' in read) return { refused: `The claim ${read.refused} of the token is missing or wrong` };
  // "DPoP" without the key would let whoever has the token use it.
  if (String(answer['token_type']).toLowerCase() === 'dpop' && read.claims.confirmation?.jkt === undefined)
    return { refused: 'The token is bound to a key that its issuer does not name' };
  const refused = refusedLife(read.claims, rules, { now: now(), signsUntil: null });
  return refused === null ? { claims: read.claims, keyId: null } : { refused };
};
