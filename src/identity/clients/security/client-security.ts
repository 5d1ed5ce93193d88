import type { CertificateNames } from './certificate-names.ts';
import type { ClientKeySet } from './client-keys.ts';

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
  /** Its authorization requests are pushed, and refused from a browser's address. @see RFC 9126 section 6 */
  readonly requirePushedRequests?: boolean;
}
