import type { App } from '#infra/http/server.ts';
import { limitOf } from '#infra/http/request/paging.ts';
import { problems } from '#kms/api/schemas.ts';
import { ifMatch, ifMatchHeader, ifNoneMatchHeader, isKnown, tagged, taggedAnswers } from '#infra/http/request/entity-tag.ts';
import { millisOf } from '#kms/api/time.ts';
import { ELASTIC_KEY_ACTIONS } from './elastic-key.actions.ts';
import {
  changeBody,
  createBody,
  elasticKeyPageSchema,
  elasticKeyPath,
  elasticKeySchema,
  elasticKeyTag,
  elasticKeyView,
  listQuery,
} from './elastic-key.schemas.ts';
import type { ElasticKeyService } from './elastic-key.ts';
import { askedLabelOf } from './labels.ts';
import { usageOf } from './usage.schemas.ts';

const tags = ['Elastic keys'];

const expiryOf = (text: string | null | undefined): { expiresAt?: number | null } => {
  if (text === undefined) return {};
  return { expiresAt: text === null ? null : millisOf(text, '/expires_at') };
};

/** @param base path below which the routes stand */
export const registerElasticKeyRoutes = (app: App, base: string, elasticKeys: ElasticKeyService): void => {
  app.post(
    `${base}/elastic-keys`,
    {
      config: { action: ELASTIC_KEY_ACTIONS.create },
      schema: {
        operationId: 'createElasticKey',
        summary: 'Create an elastic key',
        description: 'Makes a named key and its first material key. The algorithm decides for good what the key is used for.',
        tags,
        body: createBody,
        response: { 201: tagged(elasticKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const { usage, others } = usageOf(request.body);
      const { expires_at: expiresAt, key_size: keySize, ...input } = others;
      const size = keySize === undefined ? {} : { keySize };
      const key = await elasticKeys.create(request.caller, { ...input, ...size, usage, ...expiryOf(expiresAt) });
      reply.header('location', `${base}/elastic-keys/${key.id}`).header('etag', elasticKeyTag(key));
      return reply.code(201).send(elasticKeyView(key));
    },
  );

  app.get(
    `${base}/elastic-keys`,
    {
      config: { action: ELASTIC_KEY_ACTIONS.list },
      schema: {
        operationId: 'listElasticKeys',
        summary: 'List elastic keys',
        description:
          'One page of the elastic keys of the tenant. Give `next_cursor` back as `cursor`, with the same `sort`, for the next page.',
        tags,
        querystring: listQuery,
        response: { 200: elasticKeyPageSchema, ...problems },
      },
    },
    async (request) => {
      const { limit, label, ...query } = request.query;
      const labels = label === undefined ? {} : { labels: [label].flat().map(askedLabelOf) };
      const page = await elasticKeys.list(request.caller, { ...query, ...labels, ...limitOf(limit) });
      return { items: page.items.map(elasticKeyView), next_cursor: page.nextCursor };
    },
  );

  app.get(
    `${base}/elastic-keys/:id`,
    {
      config: { action: ELASTIC_KEY_ACTIONS.read },
      schema: {
        operationId: 'readElasticKey',
        summary: 'Read an elastic key',
        description: 'The policy and the state of one elastic key; no key material.',
        tags,
        params: elasticKeyPath,
        headers: ifNoneMatchHeader,
        response: { ...taggedAnswers(elasticKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const key = await elasticKeys.read(request.caller, request.params.id);
      return isKnown(request, reply, elasticKeyTag(key)) ? reply.code(304).send(null) : elasticKeyView(key);
    },
  );

  app.patch(
    `${base}/elastic-keys/:id`,
    {
      config: { action: ELASTIC_KEY_ACTIONS.change },
      schema: {
        operationId: 'changeElasticKey',
        summary: 'Change an elastic key',
        description: 'Changes the members that are given, all or none: `state` `suspended` disables the key and `active` enables it again.',
        tags,
        params: elasticKeyPath,
        headers: ifMatchHeader,
        body: changeBody,
        response: { 200: tagged(elasticKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const { usage, others } = usageOf(request.body);
      const { expires_at: expiresAt, min_decryption_version: minDecryptionVersion, ...changes } = others;
      const given = {
        ...changes,
        usage,
        ...(minDecryptionVersion === undefined ? {} : { minDecryptionVersion }),
        ...expiryOf(expiresAt),
      };
      const key = await elasticKeys.change(request.caller, request.params.id, given, ifMatch(request, elasticKeyTag));
      reply.header('etag', elasticKeyTag(key));
      return elasticKeyView(key);
    },
  );
};
