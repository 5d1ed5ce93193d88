import { createPublicKey } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { isoOf } from '#kms/api/fields.ts';
import { noStore } from '#kms/api/no-store.ts';
import { oneOf, problems, timestamp, uuid, uuidV7 } from '#kms/api/schemas.ts';
import { KEY_FORMATS } from '#kms/jose/received/receive-key.ts';
import { WRAPPINGS } from '#kms/jose/transport/wrappings.ts';
import { elasticKeyPath } from '../elastic-keys/elastic-key.schemas.ts';
import { materialKeySchema, materialKeyView, publicJwk } from '../material-keys/material-key.schemas.ts';
import type { Transfer } from './transfer.ts';
import { TRANSFER_ACTIONS } from './transfer.actions.ts';
import type { ImportParameters } from './transport-key.ts';

const tags = ['Import and export'];

/** Characters of a wrapped key: the largest key of RSA as a JWK takes less than half. */
const MAX_WRAPPED = 16_384;
/** Bytes of a request body. */
const BODY_LIMIT = 2 * MAX_WRAPPED;

const wrapping = oneOf(WRAPPINGS, {
  title: 'KeyWrapping',
  description:
    '`RSA_AES_KEY_WRAP_SHA_256`: RSA-OAEP (SHA-256 for hash and MGF1, no label) of a new AES-256 key, and behind it the key, by that AES key in AES Key Wrap with Padding (RFC 5649); base64url. `ECDH_ES_A256KW`: a compact JWE (RFC 7516) with `alg` `ECDH-ES+A256KW` and `enc` `A256GCM`.',
});
const format = oneOf(KEY_FORMATS, {
  description:
    'What was wrapped: `pkcs8` (RFC 5958, DER, unencrypted), `raw` (the bytes of a symmetric key) or `jwk` (RFC 7517, JSON). By default `raw` for a symmetric key and `pkcs8` for a key pair. ML-DSA comes as its seed: the form `seed` of RFC 9881, or the JWK of RFC 9964.',
});

const parametersQuery = strictObject({
  wrapping: Type.Optional(
    oneOf(WRAPPINGS, { title: 'KeyWrapping', description: 'how the key is to be wrapped; by default `RSA_AES_KEY_WRAP_SHA_256`' }),
  ),
});

const parametersSchema = Type.Object({
  transport_key_id: uuidV7('the transport key; the `kid` of a JWE to it'),
  wrapping,
  public_jwk: publicJwk,
  public_key_pem: Type.String({ description: 'The same public key as PEM (RFC 7468, SubjectPublicKeyInfo).' }),
  expires_at: timestamp('until which the transport key opens one key'),
});

const parametersView = ({ transportKeyId, expiresAt, ...rest }: ImportParameters): Static<typeof parametersSchema> => ({
  transport_key_id: transportKeyId,
  wrapping: rest.wrapping,
  public_jwk: rest.publicJwk,
  public_key_pem: String(createPublicKey({ key: { ...rest.publicJwk }, format: 'jwk' }).export({ format: 'pem', type: 'spki' })),
  expires_at: isoOf(expiresAt),
});

const importBody = strictObject(
  {
    transport_key_id: uuidV7('the transport key of the import parameters, a UUIDv7'),
    wrapped_key: Type.String({ description: 'the key, wrapped as the import parameters say', minLength: 1, maxLength: MAX_WRAPPED }),
    format: Type.Optional(format),
    material_key_id: Type.Optional(
      uuid('the id that the version gets, a UUID, so that what it protected elsewhere under this `kid` opens here; a new one by default'),
    ),
  },
  { examples: [{ transport_key_id: '01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47', wrapped_key: 'AAECAwQFBgcICQoLDA0ODw' }] },
);

/** @param base path below which the routes stand */
export const registerTransferRoutes = (app: App, base: string, transfer: Transfer): void => {
  const path = `${base}/elastic-keys/:id`;

  app.get(
    `${path}/import-parameters`,
    {
      config: { action: TRANSFER_ACTIONS.importParameters },
      onRequest: noStore,
      schema: {
        operationId: 'getImportParameters',
        summary: 'Get what an import takes',
        description:
          'Makes a key pair to which one key can be wrapped, for one import into this elastic key of external origin, within a day. Of more than sixteen that are open, the oldest goes.',
        tags,
        params: elasticKeyPath,
        querystring: parametersQuery,
        response: { 200: parametersSchema, ...problems },
      },
    },
    async (request) => parametersView(await transfer.importParameters(request.caller, request.params.id, request.query)),
  );

  app.post(
    `${path}/import`,
    {
      config: { action: TRANSFER_ACTIONS.import },
      bodyLimit: BODY_LIMIT,
      onRequest: noStore,
      schema: {
        operationId: 'importKey',
        summary: 'Import key material',
        description:
          'Opens a key that was wrapped to the transport key, checks it, and makes it the newest version, which protects from now on. A refusal says what is wrong with the key, and leaves the transport key for another try.',
        tags,
        params: elasticKeyPath,
        body: importBody,
        response: { 201: materialKeySchema, ...problems },
      },
    },
    async (request, reply) => {
      const { transport_key_id: transportKeyId, wrapped_key: wrappedKey, format: given, material_key_id: id } = request.body;
      const key = await transfer.import(request.caller, request.params.id, {
        transportKeyId,
        wrappedKey,
        ...(given === undefined ? {} : { format: given }),
        ...(id === undefined ? {} : { materialKeyId: id }),
      });
      return reply
        .code(201)
        .header('location', `${base}/elastic-keys/${key.elasticKeyId}/material-keys/${key.id}`)
        .send(materialKeyView(key));
    },
  );
};
