/**
 * Member of a JWK in the JWKS of Identity: a NumericDate (RFC 7519 section 2) from which on its key signs nothing. A verifier refuses what
 * says that it was issued later. It is a private member: the registered `exp` would end the tokens that the key signed before, too, and
 * verifiers that do not know a member have to ignore it (RFC 7517 section 4).
 */
export const SIGNS_UNTIL = 'signs_until';

/** @returns epoch milliseconds; null where the JWK does not say it, undefined where it says something else than a time */
export const signsUntilOf = (jwk: object): number | null | undefined => {
  const seconds: unknown = Reflect.get(jwk, SIGNS_UNTIL);
  if (seconds === undefined) return null;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
};
