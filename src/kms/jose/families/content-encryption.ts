/** What one JWE encrypts its content with; every part as bytes. */
export interface ContentEncryptionInput {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  /** The protected header as it stands in the JWE. @see RFC 7516 section 5.1, step 14 */
  readonly aad: Uint8Array;
}

export interface EncryptedContent {
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** A content encryption algorithm, the `enc` of a JWE. @see RFC 7518 section 5 */
export interface ContentEncryption {
  readonly keyBytes: number;
  readonly ivBytes: number;
  readonly tagBytes: number;
  /** How often one version of a key may protect with it; null where it sets no bound. */
  readonly protectionLimit: number | null;
  readonly summary: string;
  encrypt(input: ContentEncryptionInput, plaintext: Uint8Array): EncryptedContent;
  /** @returns the plaintext; null where the tag is another one */
  decrypt(input: ContentEncryptionInput, encrypted: EncryptedContent): Uint8Array | null;
}
