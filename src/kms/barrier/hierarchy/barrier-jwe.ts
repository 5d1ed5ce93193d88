import { hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { decodeBase64url } from '#kms/jose/encoding/base64url.ts';

const { subtle } = crypto;

/** 256-bit key that wraps the level below it; not exportable. `id` is the `kid` of what it wraps. */
export interface WrappingKey {
  readonly id: string;
  readonly key: CryptoKey;
}

/** A key that came by a rotation says its version, so that no older key can be put in its place; the first one says none. */
interface Versioned {
  readonly barrier_key_id: string;
  readonly version?: number;
}

/** The purpose of a wrapped key and its place; the authentication tag covers both. */
export type BarrierClaims =
  | ({ readonly purpose: 'root' } & Versioned)
  /**
   * `rows` says that every row that decides carries a tag; an intermediate from before that has no such word. `row_key` is the id of the
   * key above the row keys; where there is none, that key is derived from this intermediate.
   */
  | ({ readonly purpose: 'intermediate'; readonly rows?: 'tagged' | 'listed'; readonly row_key?: string } & Versioned)
  | ({ readonly purpose: 'rows' } & Versioned)
  | ({ readonly purpose: 'content'; readonly tenant_id: string } & Versioned)
  /** Without the last three: from before they were bound. */
  | {
      readonly purpose: 'material';
      readonly tenant_id: string;
      readonly elastic_key_id: string;
      readonly material_key_id: string;
      readonly version?: number;
      readonly algorithm?: string;
      readonly use?: string;
    };

/** Bytes of every key of the hierarchy. */
export const KEY_BYTES = 32;

/** Imports 32 bytes and zeroes them: what remains cannot be exported and is cleared when it is let go. */
export const importWrappingKey = async (id: string, bytes: Uint8Array): Promise<WrappingKey> => {
  const copy = Uint8Array.from(bytes);
  bytes.fill(0);
  try {
    return { id, key: await subtle.importKey('raw', copy, 'AES-GCM', false, ['encrypt', 'decrypt']) };
  } finally {
    copy.fill(0);
  }
};

/**
 * The key that wraps the root, and a name for it that tells wrong shares from a damaged record.
 *
 * @param unsealKey 32 bytes; not changed
 * @see RFC 5869: one output per purpose, told apart by `info`
 */
export const deriveUnsealWrappingKey = async (unsealKey: Uint8Array): Promise<WrappingKey> => {
  const derive = (info: string, bytes: number) => new Uint8Array(hkdfSync('sha256', unsealKey, new Uint8Array(0), info, bytes));
  const name = Buffer.from(derive('passthru barrier v1 unseal key id', 8)).toString('hex');
  return importWrappingKey(`unseal-${name}`, derive('passthru barrier v1 root wrapping key', KEY_BYTES));
};

const headerOf = (wrapping: WrappingKey, claims: BarrierClaims) => ({
  alg: 'dir' as const,
  enc: 'A256GCM' as const,
  typ: 'passthru-barrier+jwe',
  kid: wrapping.id,
  ...claims,
});

/** Compact JWE with a random 96-bit IV. @see RFC 7516, RFC 7518 sections 4.5 and 5.3 */
export const wrapKey = async (wrapping: WrappingKey, claims: BarrierClaims, plaintext: Uint8Array): Promise<string> =>
  new CompactEncrypt(plaintext).setProtectedHeader(headerOf(wrapping, claims)).encrypt(wrapping.key);

/** The header of a wrapped key, or null when it is no JWE. Proves nothing. */
const headerIn = (jwe: string): Readonly<Record<string, unknown>> | null => {
  try {
    return { ...decodeProtectedHeader(jwe) };
  } catch {
    return null;
  }
};

/** A text in the header of a wrapped key, for example `kid`, the id of the key that wraps it; null where there is none. Proves nothing. */
export const headerText = (jwe: string, member: 'kid' | 'row_key' | 'material_key_id'): string | null => {
  const value = headerIn(jwe)?.[member];
  return typeof value === 'string' ? value : null;
};

export const wrappedBy = (jwe: string): string | null => headerText(jwe, 'kid');

/**
 * Opens a wrapped key whose header says exactly these claims, no more and no less: a ciphertext that was copied to
 * another tenant, elastic key or version is refused although the wrapping key would open it.
 *
 * @returns the bytes, which the caller zeroes; null when refused
 */
export const unwrapKey = async (wrapping: WrappingKey, claims: BarrierClaims, jwe: string): Promise<Uint8Array | null> => {
  // A stray bit in a last character changes no byte; the text is another one all the same.
  if (!jwe.split('.').every((segment) => decodeBase64url(segment) !== null)) return null;
  try {
    const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, wrapping.key, options);
    const expected = Object.entries(headerOf(wrapping, claims));
    const same =
      Object.keys(protectedHeader).length === expected.length && expected.every(([name, value]) => protectedHeader[name] === value);
    if (same) return plaintext;
    plaintext.fill(0);
    return null;
  } catch {
    return null;
  }
};

/**
 * The same key, and the same words about its place, under another key. Whether it stands at that place is for who opens it to say.
 *
 * @returns null when the first key does not open it
 */
export const rewrapKey = async (from: WrappingKey, to: WrappingKey, jwe: string): Promise<string | null> => {
  const { alg: _alg, enc: _enc, typ: _typ, kid: _kid, ...claims } = headerIn(jwe) ?? {};
  const bytes = await unwrapKey(from, claims as unknown as BarrierClaims, jwe);
  return bytes && wrapKey(to, claims as unknown as BarrierClaims, bytes).finally(() => bytes.fill(0));
};
