import { createHash, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** A key of a client, by which its tokens are bound, and its proofs. @see RFC 9449 section 4.2 */
export interface DpopKey {
  /** @param token absent at the token endpoint, where there is none yet */
  proof(request: { readonly method: string; readonly url: string; readonly token?: string }): Promise<string>;
}

export const newDpopKey = async (): Promise<DpopKey> => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  return {
    proof: ({ method, url, token }) =>
      new SignJWT({
        htm: method,
        htu: url,
        ...(token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }),
      })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setJti(randomUUID())
        .setIssuedAt()
        .sign(privateKey),
  };
};
