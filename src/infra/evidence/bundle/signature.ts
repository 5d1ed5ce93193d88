import { Buffer } from 'node:buffer';
import { createPrivateKey, sign, verify, X509Certificate } from 'node:crypto';

/** Algorithms by the type of key that a certificate has. @see RFC 7518 section 3.1, RFC 8037 section 3.1 */
const ALGORITHMS = [
  { alg: 'ES256', curve: 'prime256v1', hash: 'sha256' },
  { alg: 'ES384', curve: 'secp384r1', hash: 'sha384' },
  { alg: 'ES512', curve: 'secp521r1', hash: 'sha512' },
  { alg: 'EdDSA', curve: 'ed25519', hash: null },
] as const;

const TYPE = 'passthru-evidence+jws';

const algorithmOf = ({ publicKey }: X509Certificate) => {
  const curve = publicKey.asymmetricKeyType === 'ec' ? publicKey.asymmetricKeyDetails?.namedCurve : publicKey.asymmetricKeyType;
  return ALGORITHMS.find((each) => each.curve === curve);
};

const inputOf = (header: string, payload: Uint8Array): Buffer => Buffer.from(`${header}.${Buffer.from(payload).toString('base64url')}`);

/** A certificate with its key read, which node:crypto does at the first use of it. @throws its error for one that is malformed */
const certificateOf = (source: string | Buffer): X509Certificate => {
  const certificate = new X509Certificate(source);
  if (certificate.publicKey.type !== 'public') throw new TypeError('a certificate holds a public key');
  return certificate;
};

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, in its order. @throws the error of node:crypto for one that is malformed */
export const certificatesIn = (pem: string): readonly X509Certificate[] => (pem.match(PEM) ?? []).map(certificateOf);

/**
 * A detached JWS over these bytes, in compact form, with the certificates of its key.
 *
 * @param options.certPem the certificate of the key, then those above it, without the root
 * @throws TypeError for a key of another type than certificates have here
 * @see RFC 7515 appendix F, section 4.1.6
 */
export const signDetached = (payload: Uint8Array, { keyPem, certPem }: { readonly keyPem: string; readonly certPem: string }): string => {
  const chain = certificatesIn(certPem);
  const [leaf] = chain;
  const algorithm = leaf === undefined ? undefined : algorithmOf(leaf);
  if (algorithm === undefined) throw new TypeError('a manifest is signed with a key of P-256, P-384, P-521 or Ed25519');
  const members = { alg: algorithm.alg, typ: TYPE, x5c: chain.map(({ raw }) => raw.toString('base64')) };
  const header = Buffer.from(JSON.stringify(members)).toString('base64url');
  const key = { key: createPrivateKey(keyPem), dsaEncoding: 'ieee-p1363' as const };
  return `${header}..${sign(algorithm.hash, inputOf(header, payload), key).toString('base64url')}`;
};

/** The chain of a detached JWS that is one over these bytes; else the reason why it is not, one clause. */
export const verifyDetached = (
  payload: Uint8Array,
  jws: string,
): { readonly chain: readonly [X509Certificate, ...X509Certificate[]] } | { readonly fault: string } => {
  const [header = '', middle, signature = '', ...rest] = jws.split('.');
  // Canonical, so that no other text is the same signature.
  const isCanonical = [header, signature].every((part) => part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part);
  if (middle !== '' || rest.length > 0 || !isCanonical) return { fault: 'is no detached JWS in compact form' };
  const found = readHeader(header);
  if (found === null) return { fault: `has a header that is not one of ${TYPE}` };
  const { alg, chain } = found;
  const algorithm = algorithmOf(chain[0]);
  if (algorithm === undefined || algorithm.alg !== alg) return { fault: `names ${alg}, which does not fit its certificate` };
  const key = { key: chain[0].publicKey, dsaEncoding: 'ieee-p1363' as const };
  const isGood = verify(algorithm.hash, inputOf(header, payload), key, Buffer.from(signature, 'base64url'));
  return isGood ? { chain } : { fault: 'is not the signature of this manifest' };
};

const readHeader = (text: string): { readonly alg: string; readonly chain: readonly [X509Certificate, ...X509Certificate[]] } | null => {
  try {
    const { alg, typ, x5c } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;
    if (typeof alg !== 'string' || typ !== TYPE || !Array.isArray(x5c)) return null;
    const [leaf, ...above] = x5c.map((each) => certificateOf(Buffer.from(String(each), 'base64')));
    return leaf === undefined ? null : { alg, chain: [leaf, ...above] };
  } catch {
    // Whichever fault it has, nobody signed with it.
    return null;
  }
};
