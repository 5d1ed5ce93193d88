import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { isoOf, isoOrNull } from '#kms/api/fields.ts';
import { limitOf, nextCursor, pageQuery } from '#kms/api/paging.ts';
import { oneOf, problems, uuidV7 } from '#kms/api/schemas.ts';
import { elasticKeyPath } from '../elastic-keys/elastic-key.schemas.ts';
import { MATERIAL_KEY_ACTIONS } from './material-key.actions.ts';
import { MATERIAL_KEY_STATES, type MaterialKey, type MaterialKeyService } from './material-key.ts';

const tags = ['Material keys'];

const coordinate = (description: string) => Type.Optional(Type.String({ description }));

/** @see RFC 7517 section 4, RFC 7518 sections 6.2.1 and 6.3.1, RFC 8037 section 2, RFC 9964 section 3 */
const publicJwk = Type.Object({
  kty: Type.String({ description: '`EC`, `OKP`, `RSA` or `AKP`' }),
  crv: coordinate('of `EC` and `OKP`'),
  x: coordinate('of `EC` and `OKP`'),
  y: coordinate('of `EC`'),
  n: coordinate('of `RSA`'),
  e: coordinate('of `RSA`'),
  pub: coordinate('of `AKP`'),
  kid: Type.String(),
  alg: Type.String(),
  use: oneOf(['sig', 'enc']),
});

const materialKeySchema = Type.Object({
  id: uuidV7('the `kid` of every JWE, JWS and JWK of this version'),
  elastic_key_id: uuidV7('the elastic key of which it is a version'),
  version: Type.Integer(),
  state: oneOf(MATERIAL_KEY_STATES, { description: '`active` protects and opens; `deactivated` only opens.' }),
  public_jwk: Type.Union([publicJwk, Type.Null()], { description: 'Null for a symmetric key.' }),
  created_at: Type.String(),
  deactivated_at: Type.Union([Type.String(), Type.Null()]),
});

const view = (key: MaterialKey) => ({
  id: key.id,
  elastic_key_id: key.elasticKeyId,
  version: key.version,
  state: key.state,
  public_jwk: key.publicJwk,
  created_at: isoOf(key.createdAt),
  deactivated_at: isoOrNull(key.deactivatedAt),
});

/** @param base path below which the routes stand */
export const registerMaterialKeyRoutes = (app: App, base: string, materialKeys: MaterialKeyService): void => {
  const path = `${base}/elastic-keys/:id/material-keys`;

  app.post(
    path,
    {
      config: { action: MATERIAL_KEY_ACTIONS.rotate },
      schema: {
        operationId: 'rotateElasticKey',
        summary: 'Rotate an elastic key',
        description: 'Makes a new material key that protects from now on. The one before is deactivated: it still opens what it protected.',
        tags,
        params: elasticKeyPath,
        response: { 201: materialKeySchema, ...problems },
      },
    },
    async (request, reply) => {
      const key = await materialKeys.rotate(request.caller, request.params.id);
      return reply.code(201).header('location', `${base}/elastic-keys/${key.elasticKeyId}/material-keys/${key.id}`).send(view(key));
    },
  );

  app.get(
    path,
    {
      config: { action: MATERIAL_KEY_ACTIONS.list },
      schema: {
        operationId: 'listMaterialKeys',
        summary: 'List the material keys of an elastic key',
        description: 'One page of versions, newest first; public parts only.',
        tags,
        params: elasticKeyPath,
        querystring: strictObject(pageQuery),
        response: { 200: Type.Object({ items: Type.Array(materialKeySchema), next_cursor: nextCursor }), ...problems },
      },
    },
    async (request) => {
      const { limit, ...query } = request.query;
      const page = await materialKeys.list(request.caller, request.params.id, { ...query, ...limitOf(limit) });
      return { items: page.items.map(view), next_cursor: page.nextCursor };
    },
  );

  app.get(
    `${path}/:kid`,
    {
      config: { action: MATERIAL_KEY_ACTIONS.read },
      schema: {
        operationId: 'readMaterialKey',
        summary: 'Read a material key',
        description: 'One version by its `kid`; the public part only.',
        tags,
        params: strictObject({ ...elasticKeyPath.properties, kid: uuidV7('the id of a material key, a UUIDv7') }),
        response: { 200: materialKeySchema, ...problems },
      },
    },
    async (request) => view(await materialKeys.read(request.caller, request.params.id, request.params.kid)),
  );

  app.get(
    `${base}/elastic-keys/:id/jwks`,
    {
      config: { action: MATERIAL_KEY_ACTIONS.jwks },
      schema: {
        operationId: 'readJwks',
        summary: 'Public keys of an elastic key',
        description: 'A JWK Set (RFC 7517) of the versions that verify or decrypt now; empty for a symmetric or a suspended key.',
        tags,
        params: elasticKeyPath,
        response: { 200: Type.Object({ keys: Type.Array(publicJwk) }), ...problems },
      },
    },
    async (request) => materialKeys.jwks(request.caller, request.params.id),
  );
};
