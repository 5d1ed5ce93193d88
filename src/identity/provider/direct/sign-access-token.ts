import { createPrivateKey, sign } from 'node:crypto';
import type { JWK } from 'jose';

/** Signs the claims of an access token. */
export type SignAccessToken = (claims: Readonly<Record<string, unknown>>) => string;

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * A JWT access token by ES256, signed at once: the signature takes less time than the way to another thread and back.
 *
 * @param key the private key, with its `kid`
 * @see RFC 9068 section 2.1, RFC 7518 section 3.4
 */
export const createAccessTokenSigner = (key: JWK): SignAccessToken => {
  const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' });
  const header = base64url({ alg: 'ES256', typ: 'at+jwt', kid: key.kid });
  return (claims) => {
    const signed = `${header}.${base64url(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  };
};
