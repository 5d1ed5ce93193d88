import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { ifMatch, ifMatchHeader, tagged } from '#infra/http/request/entity-tag.ts';
import { oneOf, problems } from '#kms/api/schemas.ts';
import { waitOf, waitQuery } from '#kms/api/wait-days.ts';
import { elasticKeyPath, elasticKeySchema, elasticKeyTag, elasticKeyView } from '../elastic-keys/elastic-key.schemas.ts';
import { materialKeyPath, materialKeySchema, materialKeyTag, materialKeyView } from '../material-keys/material-key.schemas.ts';
import { REVOCATION_REASONS } from '../material-keys/material-key.states.ts';
import { LIFE_CYCLE_ACTIONS } from './life-cycle.actions.ts';
import { type LifeCycleService, USUAL_WAIT_DAYS } from './life-cycle.ts';

const deletionQuery = waitQuery('destruction', USUAL_WAIT_DAYS);

const revokeBody = strictObject(
  {
    reason: oneOf(REVOCATION_REASONS, { title: 'RevocationReason', description: 'As in RFC 5280 section 5.3.1.' }),
    comment: Type.Optional(
      Type.String({ description: 'text without NUL characters, which no database holds', pattern: '^[^\\x00]*$', maxLength: 1024 }),
    ),
    allow_processing: Type.Optional(
      Type.Boolean({ description: 'True: the version protects nothing more, and still decrypts, unwraps or verifies.', default: false }),
    ),
  },
  {
    examples: [
      { reason: 'key-compromise', comment: 'Found in a log of the build server' },
      { reason: 'superseded', allow_processing: true },
    ],
  },
);

/** @param base path below which the routes stand */
export const registerLifeCycleRoutes = (app: App, base: string, lifeCycle: LifeCycleService): void => {
  const elasticKey = `${base}/elastic-keys/:id`;
  const materialKey = `${elasticKey}/material-keys/:kid`;

  app.delete(
    elasticKey,
    {
      config: { action: LIFE_CYCLE_ACTIONS.scheduleDeletion },
      schema: {
        operationId: 'scheduleElasticKeyDeletion',
        summary: 'Delete an elastic key, after a wait',
        description:
          'Schedules the destruction of the key with all its versions. Until then it does nothing, and can be restored; asked for again, the new date holds.',
        tags: ['Elastic keys'],
        params: elasticKeyPath,
        headers: ifMatchHeader,
        querystring: deletionQuery,
        response: { 202: tagged(elasticKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const input = { ...waitOf(request.query), ...ifMatch(request, elasticKeyTag) };
      const key = await lifeCycle.scheduleDeletion(request.caller, request.params.id, input);
      return reply.code(202).header('etag', elasticKeyTag(key)).send(elasticKeyView(key));
    },
  );

  app.post(
    `${elasticKey}/restore`,
    {
      config: { action: LIFE_CYCLE_ACTIONS.restore },
      schema: {
        operationId: 'restoreElasticKey',
        summary: 'Restore an elastic key',
        description: 'Cancels a scheduled deletion: the key is in the state again in which it was before. Without one, nothing is changed.',
        tags: ['Elastic keys'],
        params: elasticKeyPath,
        headers: ifMatchHeader,
        response: { 200: tagged(elasticKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const key = await lifeCycle.restore(request.caller, request.params.id, ifMatch(request, elasticKeyTag));
      reply.header('etag', elasticKeyTag(key));
      return elasticKeyView(key);
    },
  );

  app.post(
    `${materialKey}/revoke`,
    {
      config: { action: LIFE_CYCLE_ACTIONS.revokeVersion },
      schema: {
        operationId: 'revokeMaterialKey',
        summary: 'Revoke a material key',
        description:
          'For good: the version protects nothing more, and opens and verifies nothing either unless `allow_processing` says so. Where it was the newest, the elastic key protects nothing until it is rotated.',
        tags: ['Material keys'],
        params: materialKeyPath,
        headers: ifMatchHeader,
        body: revokeBody,
        response: { 200: tagged(materialKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const { allow_processing: allowsProcessing = false, ...input } = request.body;
      const { id, kid } = request.params;
      const asked = { ...input, allowsProcessing, ...ifMatch(request, materialKeyTag) };
      const key = await lifeCycle.revokeVersion(request.caller, id, kid, asked);
      reply.header('etag', materialKeyTag(key));
      return materialKeyView(key);
    },
  );

  app.delete(
    materialKey,
    {
      config: { action: LIFE_CYCLE_ACTIONS.scheduleDeletionOfVersion },
      schema: {
        operationId: 'scheduleMaterialKeyDeletion',
        summary: 'Delete a material key, after a wait',
        description:
          'Schedules the destruction of one version. Until then it does nothing, and can be restored; asked for again, the new date holds. Where it was the newest, the elastic key protects nothing until it is rotated.',
        tags: ['Material keys'],
        params: materialKeyPath,
        headers: ifMatchHeader,
        querystring: deletionQuery,
        response: { 202: tagged(materialKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const { id, kid } = request.params;
      const input = { ...waitOf(request.query), ...ifMatch(request, materialKeyTag) };
      const key = await lifeCycle.scheduleDeletionOfVersion(request.caller, id, kid, input);
      return reply.code(202).header('etag', materialKeyTag(key)).send(materialKeyView(key));
    },
  );

  app.post(
    `${materialKey}/restore`,
    {
      config: { action: LIFE_CYCLE_ACTIONS.restoreVersion },
      schema: {
        operationId: 'restoreMaterialKey',
        summary: 'Restore a material key',
        description:
          'Cancels the scheduled deletion of one version: a revoked one is revoked again, the newest protects again. Without one, nothing is changed.',
        tags: ['Material keys'],
        params: materialKeyPath,
        headers: ifMatchHeader,
        response: { 200: tagged(materialKeySchema), ...problems },
      },
    },
    async (request, reply) => {
      const { id, kid } = request.params;
      const key = await lifeCycle.restoreVersion(request.caller, id, kid, ifMatch(request, materialKeyTag));
      reply.header('etag', materialKeyTag(key));
      return materialKeyView(key);
    },
  );
};
