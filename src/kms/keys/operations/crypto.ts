/** Which elastic key to use; the tenant comes from the credential. */
export interface KeyAddress {
  readonly tenantId: string;
  readonly elasticKeyId: string;
}

/** Authenticated data of a JWE: bound as a digest in its header, required again to open it. */
interface WithContext {
  readonly context?: string;
}

/** A compact JWE (RFC 7516) and the material key that made it, its `kid`. */
export interface Sealed {
  readonly jwe: string;
  readonly materialKeyId: string;
}

type Verification = { readonly valid: true; readonly materialKeyId: string; readonly payload: Uint8Array } | { readonly valid: false };

/**
 * What a tenant does with its keys. Every operation checks the state, the expiry, the allowed operations and the use
 * of the elastic key: `elastic-key-not-found` 404, `elastic-key-suspended` 409, `elastic-key-expired` 409,
 * `operation-not-allowed` 409, `protection-limit-reached` 409, `sealed` 503.
 */
export interface CryptoService {
  encrypt(key: KeyAddress, input: { plaintext: Uint8Array } & WithContext): Promise<Sealed>;
  /** @throws AppError `decryption-failed` 400, the same for every cause */
  decrypt(key: KeyAddress, input: { jwe: string } & WithContext): Promise<Uint8Array>;
  /** A compact JWS (RFC 7515) over the payload. */
  sign(key: KeyAddress, input: { payload: Uint8Array }): Promise<{ jws: string; materialKeyId: string }>;
  /** `{ valid: false }` for every cause, a malformed JWS included. */
  verify(key: KeyAddress, input: { jws: string }): Promise<Verification>;
  wrap(key: KeyAddress, input: { key: Uint8Array } & WithContext): Promise<Sealed>;
  /** @throws AppError `decryption-failed` 400, the same for every cause */
  unwrap(key: KeyAddress, input: { jwe: string } & WithContext): Promise<Uint8Array>;
  /**
   * Opens a JWE and protects its content with the newest version; the plaintext is not returned.
   *
   * @throws AppError `decryption-failed` 400, the same for every cause
   */
  rewrap(key: KeyAddress, input: { jwe: string } & WithContext): Promise<Sealed>;
  /** A new random data key, protected by this key; `decrypt` or `unwrap` of the same elastic key opens it again. */
  generate(key: KeyAddress, input: { bits: 128 | 192 | 256 | 512 } & WithContext): Promise<Sealed & { dataKey: Uint8Array }>;
}
