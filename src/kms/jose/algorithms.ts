/** What a caller may ask a key to do. */
export const OPERATIONS = ['encrypt', 'decrypt', 'sign', 'verify', 'wrap', 'unwrap', 'rewrap', 'generate'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Operations that apply protection; what expires or is superseded may no longer do these (SP 800-57 part 1, section 7.4). */
export const PROTECTING: ReadonlySet<Operation> = new Set<Operation>(['encrypt', 'sign', 'wrap', 'rewrap', 'generate']);

export type KeyUse = 'encrypt' | 'sign' | 'wrap';

/** Every fact about one algorithm; nothing about it stands anywhere else. */
export interface Algorithm {
  readonly use: KeyUse;
  readonly operations: readonly Operation[];
  /** Content protection as JWE (RFC 7516) or signature as JWS (RFC 7515), with the header values that are fixed for the key. */
  readonly jose: JweFacts | JwsFacts;
  readonly key: SymmetricKey | KeyPair;
  /** How often one version may protect; null where the algorithm sets no bound. AES-GCM: NIST SP 800-38D section 8.3. */
  readonly protectionLimit: number | null;
  readonly summary: string;
}

interface JweFacts {
  readonly kind: 'jwe';
  readonly alg: 'A256KW';
  readonly enc: 'A256GCM';
  /** Lengths of the segments of fixed size. */
  readonly encryptedKeyBytes: number;
  readonly ivBytes: number;
  readonly tagBytes: number;
}

interface JwsFacts {
  readonly kind: 'jws';
  readonly alg: 'ES256' | 'EdDSA';
  readonly signatureBytes: number;
}

interface SymmetricKey {
  readonly kind: 'symmetric';
  readonly bytes: number;
  /** Web Cryptography name with which the secret is imported. */
  readonly name: 'AES-KW';
}

interface KeyPair {
  readonly kind: 'pair';
  /** Web Cryptography parameters of generation and import. */
  readonly parameters: { readonly name: 'ECDSA'; readonly namedCurve: 'P-256' } | { readonly name: 'Ed25519' };
}

export const ALGORITHMS = {
  'A256GCM/A256KW': {
    use: 'encrypt',
    operations: ['encrypt', 'decrypt', 'rewrap', 'generate'],
    jose: { kind: 'jwe', alg: 'A256KW', enc: 'A256GCM', encryptedKeyBytes: 40, ivBytes: 12, tagBytes: 16 },
    key: { kind: 'symmetric', bytes: 32, name: 'AES-KW' },
    protectionLimit: 2 ** 32,
    summary: 'AES-256-GCM content encryption, its key wrapped with AES-256 key wrap: encrypts data',
  },
  A256KW: {
    use: 'wrap',
    operations: ['wrap', 'unwrap', 'rewrap', 'generate'],
    jose: { kind: 'jwe', alg: 'A256KW', enc: 'A256GCM', encryptedKeyBytes: 40, ivBytes: 12, tagBytes: 16 },
    key: { kind: 'symmetric', bytes: 32, name: 'AES-KW' },
    protectionLimit: 2 ** 32,
    summary: 'AES-256 key wrap: wraps other keys',
  },
  ES256: {
    use: 'sign',
    operations: ['sign', 'verify'],
    jose: { kind: 'jws', alg: 'ES256', signatureBytes: 64 },
    key: { kind: 'pair', parameters: { name: 'ECDSA', namedCurve: 'P-256' } },
    protectionLimit: null,
    summary: 'ECDSA on P-256 with SHA-256',
  },
  EdDSA: {
    use: 'sign',
    operations: ['sign', 'verify'],
    jose: { kind: 'jws', alg: 'EdDSA', signatureBytes: 64 },
    key: { kind: 'pair', parameters: { name: 'Ed25519' } },
    protectionLimit: null,
    summary: 'EdDSA on Ed25519',
  },
} as const satisfies Record<string, Algorithm>;

export type AlgorithmName = keyof typeof ALGORITHMS;
export const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as readonly AlgorithmName[];

/** The row of an algorithm, as the general type. */
export const algorithmOf = (name: AlgorithmName): Algorithm => ALGORITHMS[name];
