import { viewOf } from '../../encoding/base64url.ts';
import { type Element, elementOf, elementsOf, numberOf, TAG } from './der.ts';
import { type EcCurve, EC_BYTES, type KeyParts, type MlDsaSet, OKP_BYTES, type OkpCurve, type Point, SEED_BYTES } from './key-parts.ts';
import { KeyRefused } from './key-refused.ts';
import { EC, EC_CURVES, ML_DSA_SETS, nameOf, OKP_CURVES, OTHERS, RSA } from './object-ids.ts';

const EXPORT = 'Export the key as unencrypted PKCS#8 in DER, for example with: openssl pkcs8 -topk8 -nocrypt -outform DER.';

const refused = (message: string, fix = EXPORT): KeyRefused => new KeyRefused('form', message, fix);

const hexOf = (bytes: Uint8Array): string => viewOf(bytes).toString('hex');

/** The other forms in which a key often comes, by how they begin. @see RFC 7468, RFC 8017 appendix A.1.2, RFC 5915 section 3 */
const otherForm = (bytes: Uint8Array): KeyRefused | null => {
  const start = viewOf(bytes.subarray(0, 11)).toString('latin1');
  if (start.startsWith('-----BEGIN ')) return refused('is PEM, a text around base64');
  if (start.startsWith('{')) return refused('is JSON', 'Name the format jwk where the key is a JWK, or export it as PKCS#8 in DER.');
  return /^M[A-Za-z0-9+/]{10}$/.test(start) ? refused('is the base64 of DER, and not its bytes') : null;
};

const otherStructure = ([first, second]: readonly Element[]): KeyRefused | null => {
  if (first?.tag === TAG.sequence) {
    if (second?.tag === TAG.octetString) return refused('is encrypted PKCS#8 (EncryptedPrivateKeyInfo)', `Decrypt it first. ${EXPORT}`);
    if (second?.tag === TAG.bitString) return refused('is a public key (SubjectPublicKeyInfo)', 'Give the private key.');
  }
  if (first?.tag !== TAG.integer) return null;
  if (second?.tag === TAG.integer) return refused('is PKCS#1 (RSAPrivateKey)');
  return second?.tag === TAG.octetString ? refused('is SEC 1 (ECPrivateKey)') : null;
};

const part = (element: Element | undefined, tag: number, what: string): Uint8Array => {
  if (element?.tag !== tag) throw refused(`has no ${what} where PKCS#8 has it`);
  return element.content;
};

const ofLength = (bytes: Uint8Array, length: number, what: string): Uint8Array => {
  if (bytes.length !== length) throw refused(`has a ${what} of ${bytes.length} bytes, and ${length} are needed`);
  return bytes;
};

/** The bytes of a BIT STRING. */
const bitsOf = (element: Element | undefined, what: string): Uint8Array => {
  const content = part(element, TAG.bitString, what);
  if (content[0] !== 0) throw refused(`has a ${what} that is not of whole bytes`);
  return content.subarray(1);
};

/** The numbers of an RSAPrivateKey behind its version, in their order. */
const RSA_NUMBERS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const;

/** @see RFC 8017 appendix A.1.2 */
const rsaOf = (privateKey: Uint8Array): KeyParts => {
  const [version, ...numbers] = elementsOf(part(elementOf(privateKey), TAG.sequence, 'RSAPrivateKey')).map((element) => {
    if (element.tag !== TAG.integer && element.tag !== TAG.sequence) throw refused('has an RSAPrivateKey of other parts than numbers');
    return element;
  });
  if (version && hexOf(version.content) !== '00') throw refused('is an RSA key of more than two primes', 'Use a key of two primes.');
  if (numbers.length !== RSA_NUMBERS.length) throw refused('has an RSAPrivateKey of other parts than eight numbers');
  const read = numbers.map(numberOf);
  const parts = Object.fromEntries(RSA_NUMBERS.map((name, index) => [name, read[index]]));
  return { type: 'rsa', ...(parts as Record<(typeof RSA_NUMBERS)[number], Uint8Array>) };
};

/** @see SEC 1 section 2.3.4 */
const pointOf = (bytes: Uint8Array, curve: EcCurve): Point => {
  const length = EC_BYTES[curve];
  if (bytes[0] !== 4) throw refused('has a public point that is not written uncompressed');
  ofLength(bytes, 1 + 2 * length, 'public point');
  return { x: bytes.subarray(1, 1 + length), y: bytes.subarray(1 + length) };
};

/** @see RFC 5915 section 3, RFC 5480 section 2.1.1 */
const ecOf = (privateKey: Uint8Array, parameters: Element | undefined, outer: Element | undefined): KeyParts => {
  if (parameters?.tag !== TAG.objectId) throw refused('states its curve by parameters, and not by name', 'Export it with a named curve.');
  const id = hexOf(parameters.content);
  const curve = nameOf(EC_CURVES, id);
  if (!curve) throw new KeyRefused('kind', `is ${OTHERS[id] ?? 'on a curve that is not known'}`, 'Use P-256, P-384 or P-521.');
  const [version, secret, ...rest] = elementsOf(part(elementOf(privateKey), TAG.sequence, 'ECPrivateKey'));
  if (hexOf(part(version, TAG.integer, 'version of ECPrivateKey')) !== '01') throw refused('has an ECPrivateKey of another version than 1');
  const d = ofLength(part(secret, TAG.octetString, 'private number'), EC_BYTES[curve], 'private number');
  let point: Point | null = outer === undefined ? null : pointOf(bitsOf({ ...outer, tag: TAG.bitString }, 'public point'), curve);
  for (const { tag, content } of rest) {
    if (tag === TAG.constructed0) {
      if (hexOf(elementOf(content).content) !== id) throw refused('names two curves');
    } else if (tag === TAG.constructed1) point = pointOf(bitsOf(elementOf(content), 'public point'), curve);
    else throw refused('has an ECPrivateKey of other parts than RFC 5915 says');
  }
  return { type: 'ec', curve, d, point };
};

/** @see RFC 8410 section 7 */
const okpOf = (curve: OkpCurve, privateKey: Uint8Array, outer: Element | undefined): KeyParts => ({
  type: 'okp',
  curve,
  d: ofLength(part(elementOf(privateKey), TAG.octetString, 'CurvePrivateKey'), OKP_BYTES, 'private key'),
  x: outer === undefined ? null : bitsOf({ ...outer, tag: TAG.bitString }, 'public key'),
});

/** @see RFC 9881 section 6 */
const mlDsaOf = (set: MlDsaSet, privateKey: Uint8Array, outer: Element | undefined): KeyParts => {
  const { tag, content } = elementOf(privateKey);
  const forms: Readonly<Record<number, string>> = { [TAG.octetString]: 'expandedKey', [TAG.sequence]: 'both' };
  if (tag !== TAG.primitive0) {
    const form = forms[tag];
    throw refused(
      form === undefined ? `has no key of ${set} where RFC 9881 has it` : `is a key of ${set} in the form ${form} of RFC 9881`,
      'Export the seed alone, which is 32 bytes: the form seed of RFC 9881, or the JWK of RFC 9964.',
    );
  }
  const seed = ofLength(content, SEED_BYTES, 'seed');
  return { type: 'ml-dsa', set, seed, pub: outer === undefined ? null : bitsOf({ ...outer, tag: TAG.bitString }, 'public key') };
};

/**
 * Reads the private key of a PKCS#8, unencrypted and in DER. Attributes are left out.
 *
 * @returns views of the bytes
 * @throws KeyRefused `form`, which names another form where it is one that is known; `kind` for a curve or type that no algorithm has
 * @see RFC 5958 section 2
 */
export const readPkcs8 = (bytes: Uint8Array): KeyParts => {
  const other = otherForm(bytes);
  if (other) throw other;
  const elements = elementsOf(part(elementOf(bytes), TAG.sequence, 'PrivateKeyInfo'));
  const structure = otherStructure(elements);
  if (structure) throw structure;
  const [version, algorithm, privateKey, ...rest] = elements;
  if (!['00', '01'].includes(hexOf(part(version, TAG.integer, 'version')))) throw refused('is of another version than PKCS#8 has');
  const [oid, parameters] = elementsOf(part(algorithm, TAG.sequence, 'algorithm'));
  const id = hexOf(part(oid, TAG.objectId, 'algorithm'));
  const secret = part(privateKey, TAG.octetString, 'private key');
  const outer = rest.find(({ tag }) => tag === TAG.primitive1);
  if (rest.some(({ tag }) => tag !== TAG.primitive1 && tag !== TAG.constructed0)) throw refused('has parts that PKCS#8 does not have');
  if (id === RSA) return rsaOf(secret);
  if (id === EC) return ecOf(secret, parameters, outer);
  const curve = nameOf(OKP_CURVES, id);
  if (curve) return okpOf(curve, secret, outer);
  const set = nameOf(ML_DSA_SETS, id);
  if (set) return mlDsaOf(set, secret, outer);
  throw new KeyRefused(
    'kind',
    `is ${OTHERS[id] ?? 'a key of a type that is not known'}`,
    'GET /algorithms names the types that there are.',
  );
};
