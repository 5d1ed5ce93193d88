import { createHmac } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';

/** Access tokens that look right and are not, each made from a real one. */
export interface Forgeries {
  readonly tampered: string;
  /** Signed with another key under the kid of the real one. */
  readonly foreignKey: string;
  /** Signed with another key that its own header carries. */
  readonly ownKey: string;
  readonly foreignIssuer: string;
  readonly algNone: string;
  /** HMAC with the public key of the issuer as secret (RFC 8725 section 2.1). */
  readonly hmac: string;
  readonly unknownKid: string;
}

/** @param published the public key of the real token's issuer */
export const forge = async (token: string, published: JWK): Promise<Forgeries> => {
  const header = decodeProtectedHeader(token);
  const payload = decodeJwt(token);
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const sign = (change: Record<string, unknown>, headers: Record<string, unknown> = {}): Promise<string> =>
    new SignJWT({ ...payload, ...change }).setProtectedHeader({ ...header, alg: 'ES256', ...headers }).sign(privateKey);
  const [head = '', body = '', signature = ''] = token.split('.');
  const spki = await exportSPKI((await importJWK(published, 'ES256')) as CryptoKey);
  const hmacInput = `${encode({ ...header, alg: 'HS256' })}.${body}`;
  return {
    tampered: `${head}.${encode({ ...payload, roles: ['admin'], scope: 'kms:admin' })}.${signature}`,
    foreignKey: await sign({}),
    ownKey: await sign({}, { jwk: await exportJWK(publicKey) }),
    foreignIssuer: await sign({ iss: 'https://identity.example' }),
    algNone: `${encode({ ...header, alg: 'none' })}.${body}.`,
    hmac: `${hmacInput}.${createHmac('sha256', spki).update(hmacInput).digest('base64url')}`,
    unknownKid: await sign({}, { kid: 'no-such-key' }),
  };
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
