/** The same memory as a Buffer. A copy of a small one would stand in the pool of all Buffers, where nobody zeroes it. */
export const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Bytes of canonical base64url: no padding, no white space, no stray bits in the last character. Null for anything
 * else, so that one value has exactly one text and a changed text is always a changed value.
 *
 * @see RFC 4648 section 3.5, RFC 7515 section 2
 */
export const decodeBase64url = (text: string): Uint8Array<ArrayBuffer> | null => {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  const tail = text.length % 4;
  if (tail === 1) return null;
  const last = ALPHABET.indexOf(text.at(-1) ?? 'A');
  if (tail === 2 && (last & 0b1111) !== 0) return null;
  if (tail === 3 && (last & 0b11) !== 0) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  viewOf(bytes).write(text, 'base64url');
  return bytes;
};

/** Unpadded base64url of bytes or of the UTF-8 of a text. */
export const encodeBase64url = (value: Uint8Array | string): string =>
  (typeof value === 'string' ? Buffer.from(value) : viewOf(value)).toString('base64url');

/** Characters of the base64url of so many bytes. */
export const base64urlLength = (bytes: number): number => Math.ceil((bytes * 4) / 3);
