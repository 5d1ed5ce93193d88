import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { entityTagOf, ifMatch, ifMatchHeader, ifNoneMatchHeader, isKnown, tagged, taggedAnswers } from '#infra/http/request/entity-tag.ts';
import { limitOf, nextCursor, pageQuery } from '#infra/http/request/paging.ts';
import { problems } from '#kms/api/schemas.ts';
import { elasticKeyPath, elasticKeyTag } from '../elastic-keys/elastic-key.schemas.ts';
import { MATERIAL_KEY_ACTIONS } from './material-key.actions.ts';
import { materialKeyPath, materialKeySchema, materialKeyTag, materialKeyView, publicJwk } from './material-key.schemas.ts';
import type { MaterialKeyService } from './material-key.ts';

const tags = ['Material keys'];

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
        description:
          'Makes a new material key that protects from now on. The one before is deactivated: it still opens what it protected. `If-Match` names the elastic key.',
        tags,
        params: elasticKeyPath,
        headers: ifMatchHeader,
        response: { 201: tagged(materialKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const key = await materialKeys.rotate(request.caller, request.params.id, ifMatch(request, elasticKeyTag));
      reply.header('location', `${base}/elastic-keys/${key.elasticKeyId}/material-keys/${key.id}`).header('etag', materialKeyTag(key));
      return reply.code(201).send(materialKeyView(key));
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
        response: {
          200: Type.Object({ items: Type.Array(materialKeySchema), next_cursor: nextCursor }, { title: 'MaterialKeyPage' }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { limit, ...query } = request.query;
      const page = await materialKeys.list(request.caller, request.params.id, { ...query, ...limitOf(limit) });
      return { items: page.items.map(materialKeyView), next_cursor: page.nextCursor };
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
        params: materialKeyPath,
        headers: ifNoneMatchHeader,
        response: { ...taggedAnswers(materialKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const key = await materialKeys.read(request.caller, request.params.id, request.params.kid);
      return isKnown(request, reply, materialKeyTag(key)) ? reply.code(304).send(null) : materialKeyView(key);
    },
  );

  app.get(
    `${base}/elastic-keys/:id/jwks`,
    {
      config: { action: MATERIAL_KEY_ACTIONS.jwks },
      schema: {
        operationId: 'readJwks',
        summary: 'Public keys of an elastic key',
        description:
          'A JWK Set (RFC 7517) of the versions that verify or decrypt now; empty for a symmetric key, for one that is not active, and for one that signs bytes: a verifier of JWS must not take it.',
        tags,
        params: elasticKeyPath,
        headers: ifNoneMatchHeader,
        response: { ...taggedAnswers(Type.Object({ keys: Type.Array(publicJwk) }, { title: 'JwkSet' })), ...problems },
      },
    },
    async (request, reply) => {
      const jwks = await materialKeys.jwks(request.caller, request.params.id);
      return isKnown(request, reply, entityTagOf(jwks)) ? reply.code(304).send(null) : jwks;
    },
  );
};
