/** A content encryption algorithm, the `enc` of a JWE. @see RFC 7518 section 5 */
export interface ContentEncryption {
  readonly keyBytes: number;
  readonly ivBytes: number;
  readonly tagBytes: number;
  /** How often one version of a key may protect with it; null where it sets no bound. */
  readonly protectionLimit: number | null;
  readonly summary: string;
}

/** AES in Galois/Counter Mode, its IV random. @see RFC 7518 section 5.3, NIST SP 800-38D section 8.3 */
export const aesGcm = (bits: 128 | 192 | 256): ContentEncryption => ({
  keyBytes: bits / 8,
  ivBytes: 12,
  tagBytes: 16,
  protectionLimit: 2 ** 32,
  summary: `AES-${bits}-GCM content encryption`,
});

/** Every `enc` that is offered. */
export const CONTENT_ENCRYPTIONS = {
  A256GCM: aesGcm(256),
} as const satisfies Readonly<Record<string, ContentEncryption>>;
