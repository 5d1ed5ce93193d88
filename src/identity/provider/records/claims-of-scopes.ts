import type { ClientRecord } from '#identity/clients/client.ts';

/** The claims of an account that each scope gives. @see OpenID Connect Core 1.0 section 5.4 */
export const CLAIMS_OF_SCOPES = {
  openid: ['sub'],
  profile: ['name', 'preferred_username', 'tenant_id', 'roles'],
  email: ['email'],
} as const;

const scopeOf = (claim: string): string | undefined =>
  Object.entries(CLAIMS_OF_SCOPES).find(([, claims]) => (claims as readonly string[]).includes(claim))?.[0];

/** Whether a client may ask for a claim by its name: where it may ask for the scope that gives it. */
export const mayAskForClaim = ({ scopes }: ClientRecord, claim: string): boolean => scopes.includes(scopeOf(claim) ?? '');

/** Claims that none of these scopes gives. */
export const claimsBeyond = (scopes: readonly string[], claims: readonly string[]): readonly string[] =>
  claims.filter((claim) => !scopes.includes(scopeOf(claim) ?? ''));

/**
 * Claims that a request asks for by name and its client may have.
 *
 * @param parameter `claims` of a request that was found good
 */
export const claimsAskedFor = (client: ClientRecord, parameter: unknown): readonly string[] => {
  if (typeof parameter !== 'string') return [];
  const { id_token: ofIdToken, userinfo } = JSON.parse(parameter) as Readonly<Record<string, object | undefined>>;
  return Object.keys({ ...ofIdToken, ...userinfo }).filter((claim) => mayAskForClaim(client, claim));
};
