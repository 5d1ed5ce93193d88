import { constants, type SignKeyObjectInput, verify } from 'node:crypto';
import { type RsaSize, rsaPair } from './key-type.ts';
import { pkcs1Digest, pssDigest } from './rsa-digest.ts';
import { signInPool } from './sign.ts';
import type { DigestSignature, Signature } from './signature.ts';

type HashBits = 256 | 384 | 512;

interface Scheme {
  readonly name: string;
  readonly padding: Omit<SignKeyObjectInput, 'key'>;
  readonly digest: DigestSignature;
}

const rsaSignature = (size: RsaSize, hashBits: HashBits, { name, padding, digest }: Scheme): Signature => {
  const hash = `sha${hashBits}`;
  return {
    key: rsaPair(size, { protects: 'private' }),
    signatureBytes: size / 8,
    summary: `${name} with SHA-${hashBits}`,
    raw: { kind: 'sign-raw', hash: `SHA-${hashBits}`, der: null, digest },
    sign: (key, input) => signInPool(hash, input, { key, ...padding }),
    verify: (key, input, signature) => verify(hash, input, { key, ...padding }, signature),
  };
};

/** RSASSA-PKCS1-v1_5. @see RFC 7518 section 3.3, RFC 8017 section 8.2 */
export const rsaPkcs1 = (size: RsaSize, hashBits: HashBits): Signature =>
  rsaSignature(size, hashBits, {
    name: 'RSASSA-PKCS1-v1_5',
    padding: { padding: constants.RSA_PKCS1_PADDING },
    digest: pkcs1Digest(size, hashBits),
  });

/** RSASSA-PSS, its salt as long as its hash. @see RFC 7518 section 3.5, RFC 8017 section 8.1 */
export const rsaPss = (size: RsaSize, hashBits: HashBits): Signature =>
  rsaSignature(size, hashBits, {
    name: 'RSASSA-PSS',
    padding: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
    digest: pssDigest(size, hashBits),
  });
