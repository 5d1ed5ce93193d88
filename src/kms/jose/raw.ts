import type { KeyObject } from 'node:crypto';
import type { Algorithm, BytesForm } from './algorithm.ts';
import type { RawSignature, SignatureEncoding } from './families/signature.ts';

/** Content, or the digest that the caller made of it. */
export type Message = { readonly payload: Uint8Array } | { readonly digest: Uint8Array };

/** How a signature over bytes is made and read. */
interface RawScheme {
  /** The most bytes that a signature has; `isFixed`: all have so many. */
  readonly signatureBytes: number;
  readonly isFixed: boolean;
  sign(key: KeyObject, bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  verify(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean;
}

const bytesFormOf = ({ jose, summary }: Algorithm): BytesForm => {
  if (jose.kind !== 'bytes') throw new TypeError(`a key of ${summary} does nothing with bytes that are no JWS`);
  return jose;
};

/** The facts of an algorithm whose keys sign bytes. */
export const rawSignatureOf = (algorithm: Algorithm): RawSignature => {
  const { raw } = bytesFormOf(algorithm).signature;
  if (raw.kind !== 'sign-raw') throw new TypeError(`a key of ${algorithm.summary} makes no signatures`);
  return raw;
};

/** The scheme for a message in an encoding; the caller has checked that the algorithm has it. */
const schemeOf = (algorithm: Algorithm, message: Message, encoding: SignatureEncoding | null): RawScheme => {
  const { signature } = bytesFormOf(algorithm);
  const { signatureBytes } = signature;
  if ('digest' in message) {
    const { digest } = rawSignatureOf(algorithm);
    if (typeof digest === 'string') throw new TypeError(`a key of ${algorithm.summary} signs no digest`);
    return { ...digest, signatureBytes, isFixed: true };
  }
  const der = encoding === 'der' ? rawSignatureOf(algorithm).der : null;
  if (der !== null) return { ...der, signatureBytes: der.maxBytes, isFixed: false };
  return { sign: signature.sign, verify: signature.verify, signatureBytes, isFixed: true };
};

const bytesIn = (message: Message): Uint8Array => ('digest' in message ? message.digest : message.payload);

/**
 * Signs bytes as they are, or makes their MAC.
 *
 * @param encoding of the signature; null where the algorithm has one only
 * @see RFC 2104, FIPS 186-5, RFC 8017 section 8, RFC 8032, FIPS 204
 */
export const signRaw = (options: {
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
  readonly message: Message;
  readonly encoding: SignatureEncoding | null;
}): Uint8Array | Promise<Uint8Array> => {
  const { algorithm, key, message, encoding } = options;
  return schemeOf(algorithm, message, encoding).sign(key, bytesIn(message));
};

/**
 * Checks a signature over bytes, or a MAC. One that has not the form of the algorithm costs as much as a wrong one: another is checked in
 * its place, and refused whatever comes out.
 *
 * @param standIn makes a signature of the right form
 */
export const verifyRaw = async (options: {
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
  readonly message: Message;
  readonly encoding: SignatureEncoding | null;
  /** Null where it is no canonical base64url. */
  readonly signature: Uint8Array | null;
  readonly standIn: () => Uint8Array | Promise<Uint8Array>;
}): Promise<boolean> => {
  const { algorithm, key, message, encoding, signature, standIn } = options;
  const { signatureBytes, isFixed, verify } = schemeOf(algorithm, message, encoding);
  const length = signature?.length ?? 0;
  const isInForm = isFixed ? length === signatureBytes : length > 0 && length <= signatureBytes;
  const checked = signature !== null && isInForm ? signature : await standIn();
  return verify(key, bytesIn(message), checked) && checked === signature;
};
