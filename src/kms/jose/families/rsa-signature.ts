import { constants, type SignKeyObjectInput, verify } from 'node:crypto';
import { type RsaSize, rsaPair } from './key-type.ts';
import { signInPool } from './sign.ts';
import type { Signature } from './signature.ts';

type Hash = 256 | 384 | 512;
type Padding = Omit<SignKeyObjectInput, 'key'>;

const rsaSignature = (size: RsaSize, hashBits: Hash, { padding, name }: { padding: Padding; name: string }): Signature => {
  const hash = `sha${hashBits}`;
  return {
    key: rsaPair(size, { protects: 'private' }),
    signatureBytes: size / 8,
    summary: `${name} with SHA-${hashBits}`,
    sign: (key, input) => signInPool(hash, input, { key, ...padding }),
    verify: (key, input, signature) => verify(hash, input, { key, ...padding }, signature),
  };
};

/** RSASSA-PKCS1-v1_5. @see RFC 7518 section 3.3, RFC 8017 section 8.2 */
export const rsaPkcs1 = (size: RsaSize, hashBits: Hash): Signature =>
  rsaSignature(size, hashBits, { padding: { padding: constants.RSA_PKCS1_PADDING }, name: 'RSASSA-PKCS1-v1_5' });

/** RSASSA-PSS, its salt as long as its hash. @see RFC 7518 section 3.5, RFC 8017 section 8.1 */
export const rsaPss = (size: RsaSize, hashBits: Hash): Signature =>
  rsaSignature(size, hashBits, {
    padding: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
    name: 'RSASSA-PSS',
  });
