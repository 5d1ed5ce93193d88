import { randomUUIDv7 } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { ISSUER } from './identity-provider.ts';

/** A key by which a client proves itself, and the assertions that it makes; each is laid over a good one. */
export interface AssertionKey {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
  /** The parameters of a form that prove the client. */
  form(
    clientId: string,
    wrong?: { readonly claims?: Readonly<Record<string, unknown>>; readonly header?: Readonly<Record<string, unknown>> },
  ): Promise<Readonly<Record<string, string>>>;
}

export const assertionKey = async (alg = 'ES256'): Promise<AssertionKey> => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const kid = randomUUIDv7();
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg } as JWK,
    privateKey,
    form: async (clientId, { claims = {}, header = {} } = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const good = { iss: clientId, sub: clientId, aud: ISSUER, jti: randomUUIDv7(), iat: now, exp: now + 60 };
      // JSON leaves out what is undefined.
      const payload = JSON.parse(JSON.stringify({ ...good, ...claims })) as Record<string, unknown>;
      return {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await new SignJWT(payload).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
      };
    },
  };
};
