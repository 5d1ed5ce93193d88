import { Type } from 'typebox';
import { strictObject } from '#infra/config/load-config.ts';
import { oneOf, uuidV7 } from '#kms/api/wire.ts';
import { base64urlLength } from '#kms/jose/base64url.ts';

/** Bytes of a plaintext or payload. */
const MAX_CONTENT = 1024 * 1024;
/** Bytes of a wrapped key: more than a PKCS#8 of RSA with 16,384 bits. */
const MAX_KEY = 16 * 1024;
/** Characters that a compact serialisation of ours adds at most to its content. */
const MAX_OVERHEAD = 2048;

/** Bytes of a request body that holds the largest content and its context. */
export const CRYPTO_BODY_LIMIT = 2 * MAX_CONTENT;

const binary = (description: string, maxBytes: number, example: string, minLength = 0) =>
  Type.String({
    description: `base64url without padding: ${description}`,
    pattern: '^[A-Za-z0-9_-]*$',
    minLength,
    maxLength: base64urlLength(maxBytes),
    examples: [example],
  });
/** No pattern: whatever is wrong with it is one and the same answer. */
const compact = (what: string, description: string) =>
  Type.String({ description, minLength: 1, maxLength: base64urlLength(MAX_CONTENT) + MAX_OVERHEAD, title: what });

const context = Type.Optional(
  Type.String({
    description: 'Authenticated data: not secret, not stored, and required again to open. Its SHA-256 stands in the JWE header as `ctx`.',
    minLength: 1,
    maxLength: 4096,
    examples: ['invoice=2031-0042'],
  }),
);
const jwe = compact('JWE', 'A compact JWE of this elastic key.');
const materialKeyId = uuidV7('the material key that was used: the `kid`');
const exampleContext = 'invoice=2031-0042';
const examplePlaintext = 'YXR0YWNrIGF0IGRhd24';

export const encryptBody = strictObject(
  { plaintext: binary('what to encrypt, at most 1 MiB', MAX_CONTENT, examplePlaintext), context },
  { examples: [{ plaintext: examplePlaintext, context: exampleContext }] },
);
export const encryptAnswer = Type.Object({
  ciphertext: Type.String({ description: 'Compact JWE (RFC 7516).' }),
  material_key_id: materialKeyId,
});
export const decryptBody = strictObject({ ciphertext: jwe, context });
export const decryptAnswer = Type.Object({ plaintext: Type.String({ description: 'base64url' }) });

export const wrapBody = strictObject(
  { key: binary('key material to wrap, 1 byte to 16 KiB', MAX_KEY, 'AAECAwQFBgcICQoLDA0ODw', 2), context },
  { examples: [{ key: 'AAECAwQFBgcICQoLDA0ODw', context: exampleContext }] },
);
export const wrapAnswer = Type.Object({
  wrapped_key: Type.String({ description: 'Compact JWE (RFC 7516).' }),
  material_key_id: materialKeyId,
});
export const unwrapBody = strictObject({ wrapped_key: jwe, context });
export const unwrapAnswer = Type.Object({ key: Type.String({ description: 'base64url' }) });

export const rewrapBody = strictObject({ ciphertext: jwe, context });

export const generateBody = strictObject(
  {
    bits: oneOf([128, 192, 256, 512], {
      description: 'Length of the data key.',
      default: 256,
    }),
    return_plaintext: Type.Boolean({ description: 'False: only the protected form is returned.', default: true }),
    context,
  },
  {
    examples: [
      { bits: 256, context: exampleContext },
      { bits: 256, return_plaintext: false },
    ],
  },
);
export const generateAnswer = Type.Object({
  plaintext: Type.Optional(Type.String({ description: 'The data key as base64url; shown this once.' })),
  ciphertext: Type.String({ description: 'The data key as compact JWE (RFC 7516), which `decrypt` or `unwrap` opens.' }),
  material_key_id: materialKeyId,
});

export const signBody = strictObject(
  { payload: binary('what to sign, at most 1 MiB', MAX_CONTENT, examplePlaintext) },
  { examples: [{ payload: examplePlaintext }] },
);
export const signAnswer = Type.Object({ jws: Type.String({ description: 'Compact JWS (RFC 7515).' }), material_key_id: materialKeyId });
export const verifyBody = strictObject({ jws: compact('JWS', 'A compact JWS of this elastic key.') });
export const verifyAnswer = Type.Union([
  strictObject({ valid: Type.Literal(true), payload: Type.String({ description: 'base64url' }), material_key_id: materialKeyId }),
  strictObject({ valid: Type.Literal(false) }),
]);
