import type { CertificateNames } from './certificate-names.ts';
import type { ClientKeySet } from './client-keys.ts';

/** All for which a client may ever ask; the configuration says which of them are offered. */
export const SIGNED_RESPONSE_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA', 'ML-DSA-44', 'ML-DSA-65'] as const;
export type SignedResponseAlgorithm = (typeof SIGNED_RESPONSE_ALGORITHMS)[number];

/**
 * How far a client goes to protect its requests and answers, beside the method by which it proves itself. Each member is absent where the
 * client registered nothing: then the request may come either way, or the answer is as it is for everybody.
 *
 * `client-security.fields.ts` reads it from the admin API and from a seed, `client-security.rules.ts` says what contradicts itself, and
 * `client-security.columns.ts` writes it into the database and reads it back.
 */
export interface ClientSecurity {
  /** The public keys by which it proves itself, as it registered them. @see RFC 7591 section 2 */
  readonly jwks?: ClientKeySet;
  /** Where it publishes these keys, so that it can change them by itself. */
  readonly jwksUri?: string;
  /** What its certificate says, by which it proves itself. @see RFC 8705 section 2.1.2 */
  readonly certificateNames?: CertificateNames;
  /** By which its ID tokens and logout tokens are signed; ES256 where absent. @see OpenID Connect Dynamic Client Registration 1.0 section 2 */
  readonly idTokenAlgorithm?: SignedResponseAlgorithm;
  /** By which answers about tokens are signed for it; ES256 where absent. @see RFC 9701 section 6 */
  readonly introspectionAlgorithm?: SignedResponseAlgorithm;
  /** Its authorization requests are pushed, and refused from a browser's address. @see RFC 9126 section 6 */
  readonly requirePushedRequests?: boolean;
  /** Its refresh tokens stay the same, each until its end, as the profile wants it. @see FAPI 2.0 Security Profile section 5.3.2.1 */
  readonly keepsRefreshTokens?: boolean;
}
