import { CompactSign, compactVerify } from 'jose';
import type { Algorithm } from './algorithm.ts';
import type { JoseInput } from './compact.ts';

/**
 * Signs a payload.
 *
 * @returns compact JWS
 * @see RFC 7515 section 5.1
 */
export const signJws = async (options: { algorithm: Algorithm; key: CryptoKey; kid: string; payload: Uint8Array }): Promise<string> => {
  const { algorithm, key, kid, payload } = options;
  return new CompactSign(payload).setProtectedHeader({ ...algorithm.jose.header, kid }).sign(key);
};

/**
 * Checks what `readJws` let through.
 *
 * @returns the payload, or null when the signature is not of this key
 * @see RFC 7515 section 5.2
 */
export const verifyJws = async (options: { algorithm: Algorithm; key: CryptoKey; input: JoseInput }): Promise<Uint8Array | null> => {
  try {
    const { payload } = await compactVerify(options.input.text, options.key, { algorithms: [options.algorithm.jose.header.alg] });
    return payload;
  } catch {
    return null;
  }
};
