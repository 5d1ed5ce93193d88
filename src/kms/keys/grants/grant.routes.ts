import type { App } from '#infra/http/server.ts';
import { ifMatch, ifMatchHeader, ifNoneMatchHeader, isKnown, tagged, taggedAnswers } from '#infra/http/request/entity-tag.ts';
import { limitOf } from '#infra/http/request/paging.ts';
import { problems } from '#kms/api/schemas.ts';
import { millisOf } from '#kms/api/time.ts';
import { elasticKeyPath } from '../elastic-keys/elastic-key.schemas.ts';
import { GRANT_ACTIONS } from './grant.actions.ts';
import {
  contextOfBody,
  grantBody,
  granteeOfBody,
  grantPageSchema,
  grantPath,
  grantSchema,
  grantsQuery,
  grantTag,
  grantView,
} from './grant.schemas.ts';
import type { GrantService } from './grant.ts';

const tags = ['Grants'];

/** @param base path below which the routes stand */
export const registerGrantRoutes = (app: App, base: string, grants: GrantService): void => {
  const path = `${base}/elastic-keys/:id/grants`;

  app.post(
    path,
    {
      config: { action: GRANT_ACTIONS.create },
      schema: {
        operationId: 'createGrant',
        summary: 'Grant the use of a key',
        description:
          'Gives somebody of the tenant single operations on this key until a time, also where he has no scope at all. Nobody grants what his own scopes do not allow, and a grantee passes nothing on.',
        tags,
        params: elasticKeyPath,
        body: grantBody,
        response: { 201: tagged(grantSchema), ...problems },
      },
    },
    async (request, reply) => {
      const { grantee, operations, context, expires_at: expiresAt } = request.body;
      const grant = await grants.create(request.caller, request.params.id, {
        grantee: granteeOfBody(grantee),
        operations,
        context: contextOfBody(context),
        expiresAt: millisOf(expiresAt, '/expires_at'),
      });
      reply.header('location', `${base}/elastic-keys/${grant.elasticKeyId}/grants/${grant.id}`).header('etag', grantTag(grant));
      return reply.code(201).send(grantView(grant));
    },
  );

  app.get(
    path,
    {
      config: { action: GRANT_ACTIONS.list },
      schema: {
        operationId: 'listGrants',
        summary: 'List the grants of a key',
        description: 'One page of the grants that have not expired, the oldest first.',
        tags,
        params: elasticKeyPath,
        querystring: grantsQuery,
        response: { 200: grantPageSchema, ...problems },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const page = await grants.list(request.caller, request.params.id, { ...limitOf(limit), cursor });
      return { items: page.items.map(grantView), next_cursor: page.nextCursor };
    },
  );

  app.get(
    `${path}/:grant`,
    {
      config: { action: GRANT_ACTIONS.read },
      schema: {
        operationId: 'readGrant',
        summary: 'Read a grant',
        description: 'Who may do what with this key by one grant, and until when.',
        tags,
        params: grantPath,
        headers: ifNoneMatchHeader,
        response: { ...taggedAnswers(grantSchema), ...problems },
      },
    },
    async (request, reply) => {
      const grant = await grants.read(request.caller, request.params.id, request.params.grant);
      return isKnown(request, reply, grantTag(grant)) ? reply.code(304).send(null) : grantView(grant);
    },
  );

  app.delete(
    `${path}/:grant`,
    {
      config: { action: GRANT_ACTIONS.revoke },
      schema: {
        operationId: 'revokeGrant',
        summary: 'Revoke a grant',
        description: 'The grant gives nothing from the answer on, in every replica. The answer is the grant as it was.',
        tags,
        params: grantPath,
        headers: ifMatchHeader,
        response: { 200: grantSchema, ...problems },
      },
    },
    async (request) => {
      const { id, grant } = request.params;
      return grantView(await grants.revoke(request.caller, id, grant, ifMatch(request, grantTag)));
    },
  );
};
