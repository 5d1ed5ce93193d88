import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import type { Algorithm } from './algorithm.ts';
import { encodeBase64url } from './encoding/base64url.ts';
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
  key: KeyObject;
  kid: string;
  context: string | undefined;
  plaintext: Uint8Array;
}): Promise<string> => {
  const { algorithm, key, kid, context, plaintext } = options;
  if (algorithm.jose.kind !== 'jwe') throw new TypeError(`a key of ${algorithm.summary} protects nothing`);
  const { content, management, header: fixed } = algorithm.jose;
  const { contentKey, encryptedKey, parameters } = await management.protect(key);
  const header = encodeBase64url(
    JSON.stringify({ ...fixed, kid, ...(context === undefined ? {} : { ctx: digestOf(context) }), ...parameters }),
  );
  const iv = randomBytes(content.ivBytes);
  const { ciphertext, tag } = content.encrypt({ key: contentKey, iv, aad: Buffer.from(header, 'ascii') }, plaintext);
  contentKey.fill(0);
  return [header, ...[encryptedKey, iv, ciphertext, tag].map(encodeBase64url)].join('.');
};

/**
 * Opens what `readJwe` let through.
 *
 * @returns the plaintext, or null when the key, the text or the context is another one
 * @see RFC 7516 section 5.2
 */
export const openJwe = async (options: {
  algorithm: Algorithm;
  key: KeyObject;
  input: JoseInput;
  context: string | undefined;
}): Promise<Uint8Array | null> => {
  const { algorithm, key, input, context } = options;
  if (algorithm.jose.kind !== 'jwe') return null;
  const { content, management } = algorithm.jose;
  const [encryptedKey, iv, ciphertext, tag] = input.segments;
  if (!encryptedKey || !iv || !ciphertext || !tag) return null;
  const carried = await management.process(key, { encryptedKey, parameters: input.header });
  // Where the key is not of this JWE, a random one takes its place, so that nobody learns from the time what was wrong (RFC 7516 section 11.5).
  const contentKey = carried ?? randomBytes(content.keyBytes);
  const aad = Buffer.from(input.text.slice(0, input.text.indexOf('.')), 'ascii');
  const plaintext = content.decrypt({ key: contentKey, iv, aad }, { ciphertext, tag });
  contentKey.fill(0);
  if (!plaintext) return null;
  if (input.header['ctx'] === (context === undefined ? undefined : digestOf(context)))
    return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length);
  plaintext.fill(0);
  return null;
};
