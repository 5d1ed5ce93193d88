import type { KeyObject } from 'node:crypto';
import type { Algorithm } from './algorithm.ts';
import { encodeBase64url } from './encoding/base64url.ts';
import type { JoseInput } from './compact.ts';

/**
 * Signs a payload.
 *
 * @returns compact JWS
 * @see RFC 7515 section 5.1
 */
export const signJws = async (options: { algorithm: Algorithm; key: KeyObject; kid: string; payload: Uint8Array }): Promise<string> => {
  const { algorithm, key, kid, payload } = options;
  if (algorithm.jose.kind !== 'jws') throw new TypeError(`a key of ${algorithm.summary} signs nothing`);
  const { header, signature } = algorithm.jose;
  const input = `${encodeBase64url(JSON.stringify({ ...header, kid }))}.${encodeBase64url(payload)}`;
  return `${input}.${encodeBase64url(await signature.sign(key, Buffer.from(input, 'ascii')))}`;
};

/**
 * Checks what `readJws` let through.
 *
 * @returns the payload, or null when the signature is not of this key
 * @see RFC 7515 section 5.2
 */
export const verifyJws = (options: { algorithm: Algorithm; key: KeyObject; input: JoseInput }): Uint8Array | null => {
  const { algorithm, key, input } = options;
  const [payload, signature] = input.segments;
  if (algorithm.jose.kind !== 'jws' || !payload || !signature) return null;
  const signed = Buffer.from(input.text.slice(0, input.text.lastIndexOf('.')), 'ascii');
  return algorithm.jose.signature.verify(key, signed, signature) ? payload : null;
};
