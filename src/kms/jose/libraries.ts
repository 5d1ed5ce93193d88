import { type AlgorithmName, algorithmOf } from './algorithms.ts';

/**
 * A JOSE library of somebody else, and where it does not do what it would have to. `findings/jose-libraries.mjs` measures all of it, each
 * library with the algorithms named to it (RFC 8725 section 3.1), and a test holds this table against that script. An `alg` stands for itself
 * with any `enc`, a curve for each `alg` with a key on it.
 */
export interface JoseLibrary {
  readonly name: string;
  readonly language: string;
  readonly version: string;
  /** JWE, null where it knows no JWE at all. */
  readonly jwe: {
    /** `alg` or curve of what it does not open. */
    readonly notOpened: readonly string[];
    /** `alg` or curve of public keys that it does not encrypt for, or not reliably. */
    readonly notEncryptedFor: readonly string[];
    /** Whether it opens a JWE with `ctx` in its header as it is; otherwise once it is told of that parameter. */
    readonly readsContext: boolean;
  } | null;
  /** `alg` of a JWS that it does not verify. */
  readonly notVerified: readonly string[];
  /** `alg` of a JWS that it verifies with a key, and not with a JWK Set that has this key. */
  readonly notByJwkSet: readonly string[];
  /** Kinds of key whose presence makes it refuse every key of a JWK Set. */
  readonly refusesSetsWith: readonly ('ML-DSA' | 'X25519')[];
}

const LONG_OAEP = ['RSA-OAEP-384', 'RSA-OAEP-512'];
const ML_DSA = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'];

const ALL = { notOpened: [], notEncryptedFor: [], readsContext: true };
const NO_LONG_OAEP = { notOpened: LONG_OAEP, notEncryptedFor: LONG_OAEP, readsContext: true };
const READS_SETS = { notByJwkSet: [], refusesSetsWith: [] };

export const JOSE_LIBRARIES: readonly JoseLibrary[] = [
  { name: 'jose', language: 'JavaScript', version: '6.2.17', jwe: ALL, notVerified: [], ...READS_SETS },
  { name: 'jwcrypto', language: 'Python', version: '1.6.1', jwe: NO_LONG_OAEP, notVerified: [], ...READS_SETS },
  {
    name: 'joserfc',
    language: 'Python',
    version: '1.8.0',
    jwe: { ...NO_LONG_OAEP, readsContext: false },
    notVerified: ML_DSA,
    ...READS_SETS,
  },
  {
    name: 'Authlib',
    language: 'Python',
    version: '1.9.10',
    // It leaves zeros in front of the coordinates of `epk` away: at three of four keys on P-521, at one of 128 on P-256 and P-384.
    jwe: { ...NO_LONG_OAEP, notEncryptedFor: [...LONG_OAEP, 'P-256', 'P-384', 'P-521'] },
    notVerified: ['Ed25519', ...ML_DSA],
    notByJwkSet: [],
    refusesSetsWith: ['ML-DSA'],
  },
  { name: 'PyJWT', language: 'Python', version: '2.15.1', jwe: null, notVerified: ['Ed25519', ...ML_DSA], ...READS_SETS },
  {
    name: 'nimbus-jose-jwt',
    language: 'Java',
    version: '10.10',
    jwe: ALL,
    notVerified: ML_DSA,
    notByJwkSet: ['EdDSA', 'Ed25519'],
    refusesSetsWith: [],
  },
  { name: 'jose4j', language: 'Java', version: '0.9.7', jwe: NO_LONG_OAEP, notVerified: ['Ed25519', ...ML_DSA], ...READS_SETS },
  {
    name: 'go-jose',
    language: 'Go',
    version: '4.1.9',
    jwe: { notOpened: [...LONG_OAEP, 'X25519'], notEncryptedFor: [...LONG_OAEP, 'X25519'], readsContext: true },
    notVerified: ['Ed25519', ...ML_DSA],
    notByJwkSet: [],
    refusesSetsWith: ['X25519', 'ML-DSA'],
  },
  { name: 'jwx', language: 'Go', version: '3.4.0', jwe: ALL, notVerified: ML_DSA, notByJwkSet: [], refusesSetsWith: ['ML-DSA'] },
  { name: 'josekit', language: 'Rust', version: '0.10.3', jwe: ALL, notVerified: ['Ed25519', ...ML_DSA], ...READS_SETS },
  { name: 'jsonwebtoken', language: 'Rust', version: '11.1.0', jwe: null, notVerified: ['ES512', 'Ed25519', ...ML_DSA], ...READS_SETS },
];

/** Whether a library opens, or verifies, what a key of the algorithm makes. */
export const opensWith = ({ jwe, notVerified }: JoseLibrary, name: AlgorithmName): boolean => {
  const { jose, key } = algorithmOf(name);
  if (jose.kind === 'bytes') return false;
  if (jose.kind === 'jws') return !notVerified.includes(jose.header.alg);
  if (jwe === null || jwe.notOpened.includes(jose.header.alg)) return false;
  return key.kind === 'symmetric' || key.curve === null || !jwe.notOpened.includes(key.curve);
};
