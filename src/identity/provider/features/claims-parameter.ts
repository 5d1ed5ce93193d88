import type { Feature } from './feature.ts';

/**
 * Claims that a client asks for one by one, for its ID token or for userinfo. It gets those that the person allows, of those that its
 * scopes would give it; the others are left out, and no error says so, as the specification wants it.
 *
 * @see OpenID Connect Core 1.0 section 5.5
 */
export const claimsParameter = (): Feature => ({ configuration: { features: { claimsParameter: { enabled: true } } } });
