import { hash, randomUUIDv7 } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** A client's key for DPoP, and the proofs that it makes; each is laid over a good one. */
export interface DpopKey {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
  readonly jkt: string;
  proof(
    request: { readonly token: string; readonly url: string; readonly method?: string },
    wrong?: { readonly claims?: Readonly<Record<string, unknown>>; readonly header?: Readonly<Record<string, unknown>> },
  ): Promise<string>;
}

export const dpopKey = async (alg = 'ES256', now: () => number = Date.now): Promise<DpopKey> => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return {
    jwk,
    privateKey,
    jkt: await calculateJwkThumbprint(jwk),
    proof: ({ token, url, method = 'GET' }, { claims = {}, header = {} } = {}) => {
      const good = { jti: randomUUIDv7(), htm: method, htu: url, iat: Math.floor(now() / 1000), ath: hash('sha256', token, 'base64url') };
      // JSON leaves out what is undefined.
      const payload = JSON.parse(JSON.stringify({ ...good, ...claims })) as Record<string, unknown>;
      const fields = JSON.parse(JSON.stringify({ typ: 'dpop+jwt', jwk, ...header })) as Record<string, unknown>;
      return new SignJWT(payload).setProtectedHeader({ alg, ...fields }).sign(privateKey);
    },
  };
};
