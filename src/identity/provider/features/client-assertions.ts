import { errors } from 'oidc-provider';

/** Seconds: as long as each assertion that was used has to be remembered. */
const MAX_LIFE_S = 3_600;

const refusal = (description: string): errors.InvalidClientAuth =>
  Object.assign(new errors.InvalidClientAuth(description), { error_description: description });

/**
 * Looks at an assertion of a client, whose signature is good. It is for this issuer and for nobody else: one that a client made for
 * another server, which names our token endpoint as its own, must be good for nothing here.
 *
 * @param claims that oidc-provider has found there and in time
 * @param at.now epoch milliseconds
 * @throws errors.InvalidClientAuth that says what is wrong
 * @see draft-ietf-oauth-rfc7523bis section 4, FAPI 2.0 Security Profile section 5.3.2.1
 */
export const checkAssertion = (
  { aud, exp }: Readonly<Record<string, unknown>>,
  { issuer, now }: { readonly issuer: string; readonly now: number },
): void => {
  if (aud !== issuer) throw refusal(`the audience (aud) of the client assertion has to be the text ${issuer} and nothing beside it`);
  if (typeof exp !== 'number' || exp > Math.floor(now / 1000) + MAX_LIFE_S)
    throw refusal(`the client assertion has to end (exp) within ${MAX_LIFE_S} seconds`);
};
