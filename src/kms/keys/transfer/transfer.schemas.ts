import { createPublicKey } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { isoOf } from '#kms/api/fields.ts';
import { oneOf, timestamp, uuid, uuidV7 } from '#kms/api/schemas.ts';
import { KEY_FORMATS } from '#kms/jose/received/receive-key.ts';
import { WRAPPINGS } from '#kms/jose/transport/wrappings.ts';
import { MAX_KID } from '../material-keys/imported-kid.ts';
import { publicJwk } from '../material-keys/material-key.schemas.ts';
import type { ImportParameters } from './transport-key.ts';

/** Characters of a wrapped key: the largest key of RSA as a JWK takes less than half. */
const MAX_WRAPPED = 16_384;
/** Bytes of a request body. */
export const BODY_LIMIT = 2 * MAX_WRAPPED;

const wrapping = oneOf(WRAPPINGS, {
  title: 'KeyWrapping',
  description:
    '`RSA_AES_KEY_WRAP_SHA_256`: RSA-OAEP (SHA-256 for hash and MGF1, no label) of a new AES-256 key, and behind it the key, by that AES key in AES Key Wrap with Padding (RFC 5649); base64url. `ECDH_ES_A256KW`: a compact JWE (RFC 7516) with `alg` `ECDH-ES+A256KW` and `enc` `A256GCM`.',
});
const format = oneOf(KEY_FORMATS, {
  description:
    'What was wrapped: `pkcs8` (RFC 5958, DER, unencrypted), `raw` (the bytes of a symmetric key) or `jwk` (RFC 7517, JSON). By default `raw` for a symmetric key and `pkcs8` for a key pair. ML-DSA comes as its seed: the form `seed` of RFC 9881, or the JWK of RFC 9964.',
});

export const parametersQuery = strictObject({
  wrapping: Type.Optional(
    oneOf(WRAPPINGS, { title: 'KeyWrapping', description: 'how the key is to be wrapped; by default `RSA_AES_KEY_WRAP_SHA_256`' }),
  ),
});

export const parametersSchema = Type.Object({
  transport_key_id: uuidV7('the transport key; the `kid` of a JWE to it'),
  wrapping,
  public_jwk: publicJwk,
  public_key_pem: Type.String({ description: 'The same public key as PEM (RFC 7468, SubjectPublicKeyInfo).' }),
  expires_at: timestamp('until which the transport key opens one key'),
});

export const parametersView = ({ transportKeyId, expiresAt, ...rest }: ImportParameters): Static<typeof parametersSchema> => ({
  transport_key_id: transportKeyId,
  wrapping: rest.wrapping,
  public_jwk: rest.publicJwk,
  public_key_pem: String(createPublicKey({ key: { ...rest.publicJwk }, format: 'jwk' }).export({ format: 'pem', type: 'spki' })),
  expires_at: isoOf(expiresAt),
});

export const importBody = strictObject(
  {
    transport_key_id: uuidV7('the transport key of the import parameters, a UUIDv7'),
    wrapped_key: Type.String({ description: 'the key, wrapped as the import parameters say', minLength: 1, maxLength: MAX_WRAPPED }),
    format: Type.Optional(format),
    material_key_id: Type.Optional(
      uuid('the id that the version gets, a UUID, so that what it protected elsewhere under this `kid` opens here; a new one by default'),
    ),
    kid: Type.Optional(
      Type.String({
        description:
          'the `kid` of what the key protected elsewhere, without control characters, where it is no UUID in lower case: that opens and verifies here, and new things have the id of the version; once in an elastic key',
        minLength: 1,
        maxLength: MAX_KID,
      }),
    ),
  },
  { examples: [{ transport_key_id: '01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47', wrapped_key: 'AAECAwQFBgcICQoLDA0ODw' }] },
);

const recipientMember = (description: string) => Type.Optional(Type.String({ description, maxLength: 2_048 }));

/** Other members are taken as well, and not looked at. @see RFC 7517 section 4 */
const recipientJwk = Type.Object(
  {
    kty: Type.String({ description: '`RSA`, `EC` or `OKP`', maxLength: 16 }),
    crv: recipientMember('`P-256`, `P-384`, `P-521` or `X25519`'),
    x: recipientMember('of `EC` and `OKP`'),
    y: recipientMember('of `EC`'),
    n: recipientMember('of `RSA`, of 2048 bits or more'),
    e: recipientMember('of `RSA`'),
    kid: recipientMember('stands in the header of the JWE; the thumbprint of the key (RFC 7638) by default'),
    alg: recipientMember('`RSA-OAEP-256` or `ECDH-ES+A256KW`, where it is there'),
    use: recipientMember('`enc`, where it is there'),
  },
  {
    title: 'RecipientJwk',
    additionalProperties: true,
    maxProperties: 32,
    description: 'The public key of the recipient. It is checked like a key that is imported; one with private members is refused.',
  },
);

export const exportBody = strictObject(
  {
    recipient_jwk: recipientJwk,
    material_key_id: Type.Optional(uuid('the version to export, by its `kid`, a UUID; the newest by default')),
    format: Type.Optional(format),
  },
  { examples: [{ recipient_jwk: { kty: 'OKP', crv: 'X25519', x: 'the public key of who is to have the key' } }] },
);

export const exportAnswer = Type.Object({
  material_key_id: uuid('the version that was exported'),
  version: Type.Integer(),
  format: oneOf(KEY_FORMATS, { description: 'What was wrapped.' }),
  wrapping,
  wrapped_key: Type.String({ description: 'As `wrapping` says; another elastic key of external origin takes it as it is.' }),
});
