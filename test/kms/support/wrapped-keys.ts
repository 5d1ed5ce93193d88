import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { CompactEncrypt } from 'jose';
import type { ImportParameters } from '#kms/keys/transfer/transport-key.ts';

/** Wraps a key as a caller does who has no code of ours: by Node, and by jose. */
export const wrapFor = async (
  { wrapping, publicJwk, transportKeyId }: Pick<ImportParameters, 'wrapping' | 'publicJwk' | 'transportKeyId'>,
  content: Uint8Array,
): Promise<string> => {
  const key = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
  if (wrapping === 'ECDH_ES_A256KW')
    return new CompactEncrypt(content).setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: transportKeyId }).encrypt(key);
  const aesKey = randomBytes(32);
  const cipher = createCipheriv('id-aes256-wrap-pad', aesKey, Buffer.from('A65959A6', 'hex'));
  const oaep = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, aesKey);
  return Buffer.concat([oaep, cipher.update(content), cipher.final()]).toString('base64url');
};
