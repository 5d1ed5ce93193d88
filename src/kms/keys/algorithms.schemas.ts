import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { nullable, oneOf } from '#kms/api/schemas.ts';
import { KEY_PURPOSES, OPERATIONS } from '#kms/jose/algorithm.ts';
import { SIGNATURE_ENCODINGS } from '#kms/jose/families/signature.ts';

/** The answer of `GET /algorithms`. */

export const algorithmSchema = strictObject(
  {
    algorithm: Type.String({ description: 'as an elastic key is created with it' }),
    use: oneOf(KEY_PURPOSES, {
      title: 'KeyUse',
      description: 'as an elastic key is created with it; of an algorithm with two, the first listed is the default',
    }),
    operations: Type.Array(oneOf(OPERATIONS, { title: 'Operation' })),
    alg: Type.String({ description: '`alg` of the JWE or JWS (RFC 7518 sections 3.1 and 4.1)' }),
    enc: nullable(Type.String(), { description: '`enc` of the JWE (RFC 7518 section 5.1); null for a signature' }),
    key_sizes: Type.Array(Type.Integer(), { description: 'bits that its RSA key may have, the default first; empty for others' }),
    curves: Type.Array(Type.String(), { description: 'curves that its key pair may be on, the default first; empty for others' }),
    hash: nullable(Type.String(), { description: 'the hash of a signature or MAC (FIPS 180-4); null where it is over the content itself' }),
    signature_encodings: Type.Array(oneOf(SIGNATURE_ENCODINGS, { title: 'SignatureEncoding' }), {
      description: 'for `encoding` of `sign-raw`, the default first; empty where there is no choice',
    }),
    signs_digests: Type.Boolean({ description: 'whether `sign-raw` takes a `digest` in the place of the payload' }),
    protection_limit: nullable(Type.Integer(), { description: 'how often one material key may protect; null: no bound' }),
    summary: Type.String(),
    libraries: Type.Array(
      strictObject(
        {
          name: Type.String(),
          curves: Type.Array(Type.String(), { description: 'those of `curves` with which it does; empty where there are none' }),
        },
        { title: 'LibraryOfAlgorithm' },
      ),
      { description: 'JOSE libraries that open the JWE, or verify the JWS, that its keys make' },
    ),
  },
  { title: 'Algorithm' },
);

const librarySchema = strictObject(
  {
    name: Type.String(),
    language: Type.String(),
    version: Type.String({ description: 'that was measured' }),
    context: nullable(oneOf(['read', 'registered']), {
      description: '`registered`: it opens a JWE with a context once it is told of the header parameter `ctx`; null: it reads no JWE',
    }),
    not_encrypting_for: Type.Array(Type.String(), {
      description: '`alg` or curve of public keys that it does not encrypt for, or not reliably',
    }),
    not_by_jwk_set: Type.Array(Type.String(), {
      description: '`alg` of a JWS that it verifies with a key, and not with a JWK Set that has this key',
    }),
    refuses_sets_with: Type.Array(Type.String(), { description: 'kinds of key whose presence makes it refuse a whole JWK Set' }),
  },
  { title: 'JoseLibrary' },
);

export const algorithmListSchema = strictObject(
  { items: Type.Array(algorithmSchema), libraries: Type.Array(librarySchema) },
  { title: 'AlgorithmList' },
);
