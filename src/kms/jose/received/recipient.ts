import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { MAX_KID } from '../compact.ts';
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
  /** Its own `kid`, or its thumbprint where it has none. */
  readonly kid: string;
}

/** @see RFC 7638 section 3.2 */
const thumbprintOf = (members: Readonly<Record<string, unknown>>): string => {
  const sorted = Object.fromEntries(Object.entries(members).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url');
};

const kidOf = ({ kid }: Jwk, members: Readonly<Record<string, unknown>>): string => {
  if (kid === undefined) return thumbprintOf(members);
  if (typeof kid === 'string' && kid.length > 0 && kid.length <= MAX_KID) return kid;
  throw new KeyRefused('form', `has a kid that is no text of 1 to ${MAX_KID} characters`, 'Give another kid, or none.');
};

/** A recipient that is to be used otherwise would not know how to open what comes. */
const checkAlg = ({ alg }: Jwk, wanted: string): void => {
  if (alg !== undefined && alg !== wanted)
    throw new KeyRefused('kind', `says alg ${String(alg).slice(0, 32)}, and is used by ${wanted}`, 'Leave alg out, or give another key.');
};

const AGREEMENT = 'ECDH-ES+A256KW';

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
      checkAlg(jwk, 'RSA-OAEP-256');
      const members = { kty: 'RSA', n: encodeBase64url(n), e: encodeBase64url(e) };
      return { key: createPublicKey({ key: members, format: 'jwk' }), curve: null, kid: kidOf(jwk, members) };
    }
    case 'EC': {
      const { curve, point } = ecPublicPartsOf(jwk);
      checkAlg(jwk, AGREEMENT);
      return { key: checkPoint(curve, point), curve, kid: kidOf(jwk, { kty: 'EC', crv: curve, x: jwk['x'], y: jwk['y'] }) };
    }
    case 'OKP': {
      const { curve, x } = okpPublicPartsOf(jwk, ['X25519']);
      checkAlg(jwk, AGREEMENT);
      return { key: checkX25519(x), curve, kid: kidOf(jwk, { kty: 'OKP', crv: curve, x: jwk['x'] }) };
    }
    default:
      throw new KeyRefused('kind', 'has no kty to which a key can be wrapped', 'Give a key of RSA, on P-256, P-384, P-521 or X25519.');
  }
};
