import type { KeyObject } from 'node:crypto';
import type { Algorithm } from './algorithm.ts';
import { encodeBase64url } from './encoding/base64url.ts';
import type { JoseInput } from './compact.ts';

/**
 * Where the payload of a JWS is, and how it is signed.
 *
 *     attached     in the JWS (RFC 7515 section 7.1)
 *     detached     apart from it (RFC 7515 appendix F)
 *     unencoded    apart from it, and signed as it is, not as base64url: `b64` is false and critical (RFC 7797)
 */
export type PayloadForm = 'attached' | 'detached' | 'unencoded';

/** What a signature is over. @see RFC 7515 section 5.1, step 8; RFC 7797 section 3 */
const signingInput = (header: string, payload: Uint8Array, isEncoded: boolean): Uint8Array =>
  isEncoded ? Buffer.from(`${header}.${encodeBase64url(payload)}`, 'ascii') : Buffer.concat([Buffer.from(`${header}.`, 'ascii'), payload]);

/**
 * Signs a payload.
 *
 * @returns compact JWS
 * @see RFC 7515 section 5.1
 */
export const signJws = async (options: {
  algorithm: Algorithm;
  key: KeyObject;
  kid: string;
  payload: Uint8Array;
  form?: PayloadForm;
}): Promise<string> => {
  const { algorithm, key, kid, payload, form = 'attached' } = options;
  if (algorithm.jose.kind !== 'jws') throw new TypeError(`a key of ${algorithm.summary} signs no JWS`);
  const { header: fixed, signature } = algorithm.jose;
  const isEncoded = form !== 'unencoded';
  const header = encodeBase64url(JSON.stringify({ ...fixed, kid, ...(isEncoded ? {} : { b64: false, crit: ['b64'] }) }));
  const made = encodeBase64url(await signature.sign(key, signingInput(header, payload, isEncoded)));
  return `${header}.${form === 'attached' ? encodeBase64url(payload) : ''}.${made}`;
};

/**
 * Checks what `readJws` or `readDetachedJws` let through.
 *
 * @param options.detached the payload of a JWS that has none in it
 * @returns the payload, or null when the signature is not of this key
 * @see RFC 7515 section 5.2
 */
export const verifyJws = (options: {
  algorithm: Algorithm;
  key: KeyObject;
  input: JoseInput;
  detached?: Uint8Array | undefined;
}): Uint8Array | null => {
  const { algorithm, key, input, detached } = options;
  const [attached, signature] = input.segments;
  if (algorithm.jose.kind !== 'jws' || !attached || !signature) return null;
  const signed =
    detached === undefined
      ? Buffer.from(input.text.slice(0, input.text.lastIndexOf('.')), 'ascii')
      : signingInput(input.text.slice(0, input.text.indexOf('.')), detached, input.header['b64'] !== false);
  return algorithm.jose.signature.verify(key, signed, signature) ? (detached ?? attached) : null;
};
