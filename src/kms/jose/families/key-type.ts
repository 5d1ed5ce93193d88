/** Parameters of Web Cryptography, the same for generation and import of a key. */
type KeyParameters = Parameters<typeof crypto.subtle.importKey>[2];
type KeyUsages = Parameters<typeof crypto.subtle.importKey>[4];

/** A kind of key: all that making and importing one takes. */
export type KeyType = SymmetricKey | KeyPair;

interface SymmetricKey {
  readonly kind: 'symmetric';
  readonly bytes: number;
  readonly parameters: KeyParameters;
  readonly usages: KeyUsages;
}

interface KeyPair {
  readonly kind: 'pair';
  readonly parameters: KeyParameters;
  /** The half that seals or signs. */
  readonly protects: KeyHalf;
  /** The half that opens or verifies. */
  readonly processes: KeyHalf;
}

export interface KeyHalf {
  readonly half: 'private' | 'public';
  readonly usages: KeyUsages;
}
