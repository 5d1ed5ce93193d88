import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Type } from 'typebox';
import { unreachable } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { JWK } from 'jose';
import { SIGNED_RESPONSE_ALGORITHMS, type SignedResponseAlgorithm } from '#identity/clients/security/client-security.ts';

/** Of every access token, and of whatever is signed for a client that asks for nothing else. */
export const DEFAULT_ALGORITHM = 'ES256';
/** Of ID tokens, logout tokens and signed answers, for clients that ask for one. @see RFC 7518 section 3.1, RFC 8037, RFC 9964 */
const SIGNING_ALGORITHMS = SIGNED_RESPONSE_ALGORITHMS;
export type SigningAlgorithm = SignedResponseAlgorithm;

/** As strong as P-256. @see NIST SP 800-57 part 1 section 5.6.1.1 */
const RSA_BITS = 3072;

/** The section `signing` of the configuration. */
export const signingConfigSchema = strictObject(
  {
    algorithms: Type.Array(Type.Enum(SIGNING_ALGORITHMS), {
      default: [],
      uniqueItems: true,
      description:
        'for which a client may ask, beside ES256, by `id_token_signed_response_alg` and `introspection_signed_response_alg`: each has keys of its own in the JWK Set. A key of ML-DSA there has some client libraries refuse the whole set (jwx, Authlib)',
    }),
  },
  { default: {} },
);

/** All algorithms that a configuration offers, the default first. */
export const offeredAlgorithms = (beside: readonly SigningAlgorithm[]): readonly SigningAlgorithm[] =>
  SIGNING_ALGORITHMS.filter((algorithm) => algorithm === DEFAULT_ALGORITHM || beside.includes(algorithm));

const generate = async (algorithm: SigningAlgorithm): Promise<{ readonly privateKey: KeyObject }> => {
  const pair = promisify(generateKeyPair);
  switch (algorithm) {
    case 'ES256':
      return pair('ec', { namedCurve: 'P-256' });
    case 'RS256':
    case 'PS256':
      return pair('rsa', { modulusLength: RSA_BITS });
    case 'EdDSA':
      return pair('ed25519');
    case 'ML-DSA-44':
      return pair('ml-dsa-44');
    case 'ML-DSA-65':
      return pair('ml-dsa-65');
    default:
      return unreachable(algorithm);
  }
};

/** A new private key, made off the event loop. */
export const newSigningKey = async (
  algorithm: SigningAlgorithm,
  kid: string,
): Promise<JWK & { readonly kid: string; readonly alg: SigningAlgorithm }> => ({
  ...((await generate(algorithm)).privateKey.export({ format: 'jwk' }) as JWK),
  kid,
  alg: algorithm,
  use: 'sig',
});
