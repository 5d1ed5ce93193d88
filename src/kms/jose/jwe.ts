import { createHash } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import type { Algorithm } from './algorithm.ts';
import { encodeBase64url } from './base64url.ts';
import type { JoseInput } from './compact.ts';

/** How a context stands in the protected header, which the authentication tag covers. */
const digestOf = (context: string): string => encodeBase64url(createHash('sha256').update(context, 'utf8').digest());

/**
 * Protects a plaintext: new content encryption key and new random IV each time.
 *
 * @param context UTF-8 text that opens nothing but must be given again; its SHA-256 is in the header as `ctx`
 * @returns compact JWE
 * @see RFC 7516 section 5.1
 */
export const sealJwe = async (options: {
  algorithm: Algorithm;
  key: CryptoKey;
  kid: string;
  context: string | undefined;
  plaintext: Uint8Array;
}): Promise<string> => {
  const { algorithm, key, kid, context, plaintext } = options;
  if (algorithm.jose.kind !== 'jwe') throw new TypeError(`a key of ${algorithm.summary} protects nothing`);
  const header = { ...algorithm.jose.header, kid, ...(context === undefined ? {} : { ctx: digestOf(context) }) };
  return new CompactEncrypt(plaintext).setProtectedHeader(header).encrypt(key);
};

/**
 * Opens what `readJwe` let through.
 *
 * @returns the plaintext, or null when the key, the text or the context is another one
 * @see RFC 7516 section 5.2; a wrong encrypted key is noticed only at the tag (section 11.5)
 */
export const openJwe = async (options: {
  algorithm: Algorithm;
  key: CryptoKey;
  input: JoseInput;
  context: string | undefined;
}): Promise<Uint8Array | null> => {
  const { algorithm, key, input, context } = options;
  if (algorithm.jose.kind !== 'jwe') return null;
  const { alg, enc } = algorithm.jose.header;
  let plaintext: Uint8Array;
  try {
    const opened = await compactDecrypt(input.text, key, { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] });
    plaintext = opened.plaintext;
  } catch {
    return null;
  }
  if (input.header['ctx'] === (context === undefined ? undefined : digestOf(context))) return plaintext;
  plaintext.fill(0);
  return null;
};
