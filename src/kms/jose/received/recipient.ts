import { createPublicKey, type KeyObject } from 'node:crypto';
import { encodeBase64url } from '../encoding/base64url.ts';
import { checkPoint, checkX25519 } from './checks/curves.ts';
import { checkRsaPublic } from './checks/rsa.ts';
import { KeyRefused } from './forms/key-refused.ts';
import { ecPublicPartsOf, type Jwk, okpPublicPartsOf, rsaPublicPartsOf } from './forms/read-jwk.ts';

/** The public key of one who is to open a key. */
export interface Recipient {
  readonly key: KeyObject;
  /** Null for RSA. */
  readonly curve: 'P-256' | 'P-384' | 'P-521' | 'X25519' | null;
}

/** Members of private keys. @see RFC 7518 sections 6.2.2 and 6.3.2, RFC 9964 section 3 */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/**
 * Checks the public key of a recipient as one that is imported.
 *
 * @throws KeyRefused
 */
export const readRecipient = (jwk: Jwk): Recipient => {
  const secret = PRIVATE.find((member) => jwk[member] !== undefined);
  if (secret !== undefined)
    throw new KeyRefused('form', `has the member ${secret}, which is secret`, 'Give the public part alone, and use that key no more.');
  const { use } = jwk;
  if (use !== undefined && use !== 'enc') throw new KeyRefused('kind', 'says use sig, and is to encrypt', 'Give a key for encryption.');
  switch (jwk['kty']) {
    case 'RSA': {
      const { n, e } = rsaPublicPartsOf(jwk);
      checkRsaPublic({ n, e });
      return { key: createPublicKey({ key: { kty: 'RSA', n: encodeBase64url(n), e: encodeBase64url(e) }, format: 'jwk' }), curve: null };
    }
    case 'EC': {
      const { curve, point } = ecPublicPartsOf(jwk);
      return { key: checkPoint(curve, point), curve };
    }
    case 'OKP': {
      const { curve, x } = okpPublicPartsOf(jwk, ['X25519']);
      return { key: checkX25519(x), curve };
    }
    default:
      throw new KeyRefused('kind', 'has no kty to which a key can be wrapped', 'Give a key of RSA, on P-256, P-384, P-521 or X25519.');
  }
};
