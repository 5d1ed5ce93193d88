import { Type } from 'typebox';
import { bytesOf, fieldInvalid } from '#kms/api/fields.ts';
import { oneOf } from '#kms/api/schemas.ts';
import type { Algorithm } from '#kms/jose/algorithm.ts';
import { ALGORITHM_NAMES, algorithmOf } from '#kms/jose/algorithms.ts';
import { base64urlLength, decodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { type RawSignature, SIGNATURE_ENCODINGS, type SignatureEncoding } from '#kms/jose/families/signature.ts';
import { type Message, rawSignatureOf } from '#kms/jose/raw.ts';
import { binary, examplePlaintext, MAX_CONTENT } from './schemas.ts';

/** Bytes of the longest digest, that of SHA-512. */
const MAX_DIGEST = 64;
/** SHA-256 of the example payload. */
const exampleDigest = '1QKBDHGusX5eocv5MLRrh7tkWnXfRfUAIw0GGZKuuQo';

const payload = binary('the content, at most 1 MiB', MAX_CONTENT, examplePlaintext);

/** Members of a request that has a message: one of the two. */
export const messageFields = {
  payload: Type.Optional(payload),
  digest: Type.Optional(
    binary('in the place of the payload, the digest of it by the hash of the algorithm (RSA only)', MAX_DIGEST, exampleDigest),
  ),
};

/** The member of a request that has content only. */
export const payloadField = { payload };

export const encodingField = oneOf(SIGNATURE_ENCODINGS, {
  title: 'SignatureEncoding',
  description:
    'Of a signature of ECDSA: `der`, ASN.1 as X.509 and OpenSSL have it (RFC 3279), or `p1363`, two numbers of fixed length as JWS and Web Cryptography have it. `der` by default; other algorithms have one encoding only.',
});

/** Characters of the longest signature that there is. */
const MAX_SIGNATURE = base64urlLength(
  Math.max(
    ...ALGORITHM_NAMES.map((name) => {
      const { jose } = algorithmOf(name);
      if (jose.kind !== 'bytes') return 0;
      const { signatureBytes, raw } = jose.signature;
      return Math.max(signatureBytes, raw.kind === 'sign-raw' ? (raw.der?.maxBytes ?? 0) : 0);
    }),
  ),
);

/** No pattern: whatever is wrong with it is one and the same answer. */
export const claimed = (description: string) =>
  Type.String({ description: `base64url: ${description}`, minLength: 1, maxLength: MAX_SIGNATURE });

/** No pattern either: a kid is opaque. */
export const claimedKid = Type.String({
  description: 'the material key that made it, which is answered when it is made; it does not say by itself',
  minLength: 1,
  maxLength: 128,
});

/** Null for text that is no canonical base64url, which no signature is. */
export const claimedBytes = (text: string): Uint8Array | null => decodeBase64url(text);

/** @throws AppError `payload-or-digest`, `base64url-invalid` 400 */
export const messageOf = (body: { readonly payload?: string; readonly digest?: string }): Message => {
  if (body.digest !== undefined && body.payload === undefined) return { digest: bytesOf(body.digest, '/digest') };
  if (body.payload !== undefined && body.digest === undefined) return { payload: bytesOf(body.payload, '/payload') };
  throw fieldInvalid(
    'payload-or-digest',
    '/payload',
    'and digest exclude each other, and one of them has to be there',
    'Give one of them.',
  );
};

/** @throws AppError `digest-not-of-algorithm`, `digest-length-invalid` 400 */
const checkDigest = (digest: Uint8Array, { raw, algorithm }: { readonly raw: RawSignature; readonly algorithm: Algorithm }): void => {
  if (typeof raw.digest === 'string')
    throw fieldInvalid('digest-not-of-algorithm', '/digest', raw.digest, 'Give the content itself as payload, or use a key of RSA.');
  const { bytes } = raw.digest;
  if (digest.length === bytes) return;
  throw fieldInvalid(
    'digest-length-invalid',
    '/digest',
    `has ${digest.length} bytes, and ${algorithm.base} signs digests of ${raw.hash}, which have ${bytes}`,
    `Give the ${raw.hash} of the content.`,
  );
};

/**
 * The encoding of the signatures of a key that signs bytes: the one that was asked for, or its usual one; null where it has one only.
 *
 * @throws AppError `digest-not-of-algorithm`, `digest-length-invalid`, `encoding-not-of-algorithm` 400
 */
export const checkedEncoding = (
  algorithm: Algorithm,
  { message, encoding }: { readonly message: Message; readonly encoding: SignatureEncoding | undefined },
): SignatureEncoding | null => {
  const raw = rawSignatureOf(algorithm);
  if ('digest' in message) checkDigest(message.digest, { raw, algorithm });
  if (raw.der !== null) return encoding ?? 'der';
  if (encoding === undefined) return null;
  throw fieldInvalid(
    'encoding-not-of-algorithm',
    '/encoding',
    `is ${encoding}, and signatures of ${algorithm.base} have one encoding only`,
    'Leave encoding out.',
  );
};
