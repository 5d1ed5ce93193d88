import { Type } from 'typebox';
import type { App } from '#infra/http/server.ts';
import { secondsOf } from '#kms/api/duration.ts';
import { ifMatch, ifMatchHeader, tagged } from '#infra/http/request/entity-tag.ts';
import { noStore } from '#kms/api/no-store.ts';
import { limitOf } from '#infra/http/request/paging.ts';
import { problems } from '#kms/api/schemas.ts';
import { SERVICE_PREFIX } from '#kms/api/service-routes.ts';
import { millisOf } from '#kms/api/time.ts';
import { askedLabelOf } from '#kms/keys/elastic-keys/labels.ts';
import { API_KEY_ACTIONS } from './api-key.actions.ts';
import {
  apiKeyPageSchema,
  apiKeyPath,
  apiKeySchema,
  apiKeyTag,
  apiKeyView,
  changeApiKeyBody,
  createApiKeyBody,
  listApiKeysQuery,
  newApiKeySchema,
  newApiKeyView,
  OVERLAP,
  rotateApiKeyBody,
} from './api-key.schemas.ts';
import type { ApiKeyService } from './api-key.service.ts';

const tags = ['API keys'];
const BASE = `${SERVICE_PREFIX}/api-keys`;
const ONE = `${BASE}/:api_key_id`;

const expiryOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : millisOf(text, '/expires_at'));

/** `/api-keys`: secrets by which services of the caller's tenant ask. To be added after `acceptIdempotencyKeys`. */
export const registerApiKeyRoutes = (app: App, apiKeys: ApiKeyService): void => {
  app.post(
    BASE,
    {
      config: { action: API_KEY_ACTIONS.create },
      onRequest: noStore,
      schema: {
        operationId: 'createApiKey',
        summary: 'Create an API key',
        description:
          'Makes a secret by which a service asks in the name of this tenant, as `Authorization: Bearer ptk_…`. Its `key` is shown now and never again; the KMS keeps a keyed hash of it.',
        tags,
        body: createApiKeyBody,
        response: { 201: tagged(newApiKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const { expires_at: expires, ...input } = request.body;
      const made = await apiKeys.create(request.caller, { ...input, expiresAt: expiryOf(expires) });
      reply.header('location', `${BASE}/${made.apiKey.id}`).header('etag', apiKeyTag(made.apiKey));
      return reply.code(201).send(newApiKeyView(made));
    },
  );

  app.get(
    BASE,
    {
      config: { action: API_KEY_ACTIONS.list },
      schema: {
        operationId: 'listApiKeys',
        summary: 'List API keys',
        description:
          'One page of the API keys of the tenant, in the order in which they were made. Give `next_cursor` back as `cursor` for the next page.',
        tags,
        querystring: listApiKeysQuery,
        response: { 200: apiKeyPageSchema, ...problems },
      },
    },
    async (request) => {
      const { limit, label, ...query } = request.query;
      const labels = label === undefined ? {} : { labels: [label].flat().map(askedLabelOf) };
      const page = await apiKeys.list(request.caller, { ...query, ...labels, ...limitOf(limit) });
      return { items: page.items.map(apiKeyView), next_cursor: page.nextCursor };
    },
  );

  app.get(
    ONE,
    {
      config: { action: API_KEY_ACTIONS.read },
      schema: {
        operationId: 'readApiKey',
        summary: 'Read an API key',
        description: 'All that there is to know of one API key, and never its secret.',
        tags,
        params: apiKeyPath,
        response: { 200: tagged(apiKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const key = await apiKeys.read(request.caller, request.params.api_key_id);
      reply.header('etag', apiKeyTag(key));
      return apiKeyView(key);
    },
  );

  app.patch(
    ONE,
    {
      config: { action: API_KEY_ACTIONS.change },
      schema: {
        operationId: 'changeApiKey',
        summary: 'Change an API key',
        description:
          'Changes the members that are given, all or none, in every replica from the answer on: `state` `disabled` has the key refused, and `active` taken again.',
        tags,
        params: apiKeyPath,
        headers: ifMatchHeader,
        body: changeApiKeyBody,
        response: { 200: tagged(apiKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const { expires_at: expires, ...changes } = request.body;
      const given = { ...changes, expiresAt: expiryOf(expires) };
      const key = await apiKeys.change(request.caller, request.params.api_key_id, given, ifMatch(request, apiKeyTag));
      reply.header('etag', apiKeyTag(key));
      return apiKeyView(key);
    },
  );

  app.post(
    `${ONE}/rotate`,
    {
      config: { action: API_KEY_ACTIONS.rotate },
      onRequest: noStore,
      schema: {
        operationId: 'rotateApiKey',
        summary: 'Rotate an API key',
        description:
          'Makes a new secret of an API key, shown now and never again. The one from before stays good for `overlap`, so that a service goes over without a gap; one from before that ends now.',
        tags,
        params: apiKeyPath,
        headers: ifMatchHeader,
        body: rotateApiKeyBody,
        response: { 200: tagged(newApiKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const { overlap = OVERLAP.usual, expires_at: expires } = request.body;
      const made = await apiKeys.rotate(request.caller, request.params.api_key_id, {
        overlapMs: secondsOf(overlap, '/overlap', OVERLAP) * 1000,
        expiresAt: expiryOf(expires),
        ...ifMatch(request, apiKeyTag),
      });
      reply.header('etag', apiKeyTag(made.apiKey));
      return newApiKeyView(made);
    },
  );

  app.post(
    `${ONE}/revoke`,
    {
      config: { action: API_KEY_ACTIONS.revoke },
      schema: {
        operationId: 'revokeApiKey',
        summary: 'Revoke an API key',
        description: 'Ends an API key for good, in every replica from the answer on. Its record stays until it is deleted.',
        tags,
        params: apiKeyPath,
        headers: ifMatchHeader,
        response: { 200: tagged(apiKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const key = await apiKeys.revoke(request.caller, request.params.api_key_id, ifMatch(request, apiKeyTag));
      reply.header('etag', apiKeyTag(key));
      return apiKeyView(key);
    },
  );

  app.delete(
    ONE,
    {
      config: { action: API_KEY_ACTIONS.delete },
      schema: {
        operationId: 'deleteApiKey',
        summary: 'Delete an API key',
        description: 'Takes an API key away, which ends it as well. The audit keeps who made it, and who used it for what.',
        tags,
        params: apiKeyPath,
        headers: ifMatchHeader,
        response: { 204: Type.Null({ description: 'It is gone.' }), ...problems },
      },
    },
    async (request, reply) => {
      await apiKeys.delete(request.caller, request.params.api_key_id, ifMatch(request, apiKeyTag));
      return reply.code(204).send(null);
    },
  );
};
