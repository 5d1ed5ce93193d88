import type { App } from '#infra/http/server.ts';
import { waitOf, waitQuery } from '#kms/api/wait-days.ts';
import { ifMatch, ifMatchHeader, ifNoneMatchHeader, isKnown, tagged, taggedAnswers } from '#infra/http/request/entity-tag.ts';
import { limitOf } from '#infra/http/request/paging.ts';
import { problems } from '#kms/api/schemas.ts';
import { SERVICE_PREFIX } from '#kms/api/service-routes.ts';
import { askedLabelOf } from '#kms/keys/elastic-keys/labels.ts';
import { type TenantAdministration, USUAL_WAIT_DAYS } from './administration.ts';
import { TENANT_ACTIONS } from './tenant.actions.ts';
import {
  changeTenantBody,
  createTenantBody,
  listTenantsQuery,
  tenantPageSchema,
  tenantPath,
  tenantSchema,
  tenantTag,
  tenantView,
} from './tenant.schemas.ts';

const tags = ['Tenants'];
const TENANTS = `${SERVICE_PREFIX}/tenants`;

/** `/tenants`, for those who administer the service. */
export const registerTenantRoutes = (app: App, tenants: TenantAdministration): void => {
  app.post(
    TENANTS,
    {
      config: { action: TENANT_ACTIONS.create },
      schema: {
        operationId: 'createTenant',
        summary: 'Create a tenant',
        description:
          'Makes a tenant with a database and a content key of its own. Nobody belongs to it yet: give it users, or let an issuer name it in its tokens.',
        tags,
        body: createTenantBody,
        response: { 201: tagged(tenantSchema), ...problems },
      },
    },
    async (request, reply) => {
      const tenant = await tenants.create(request.caller, request.body);
      reply.header('location', `${TENANTS}/${tenant.id}`).header('etag', tenantTag(tenant));
      return reply.code(201).send(tenantView(tenant));
    },
  );

  app.get(
    TENANTS,
    {
      config: { action: TENANT_ACTIONS.list },
      schema: {
        operationId: 'listTenants',
        summary: 'List tenants',
        description:
          'One page of all tenants, and of the records of those that were removed. Give `next_cursor` back as `cursor`, with the same `sort`, for the next page.',
        tags,
        querystring: listTenantsQuery,
        response: { 200: tenantPageSchema, ...problems },
      },
    },
    async (request) => {
      const { limit, label, ...query } = request.query;
      const labels = label === undefined ? {} : { labels: [label].flat().map(askedLabelOf) };
      const page = await tenants.list(request.caller, { ...query, ...labels, ...limitOf(limit) });
      return { items: page.items.map(tenantView), next_cursor: page.nextCursor };
    },
  );

  app.get(
    `${TENANTS}/:id`,
    {
      config: { action: TENANT_ACTIONS.read },
      schema: {
        operationId: 'readTenant',
        summary: 'Read a tenant',
        description: 'The state of one tenant, or the record of one that was removed; nothing that it has.',
        tags,
        params: tenantPath,
        headers: ifNoneMatchHeader,
        response: { ...taggedAnswers(tenantSchema), ...problems },
      },
    },
    async (request, reply) => {
      const tenant = await tenants.read(request.caller, request.params.id);
      return isKnown(request, reply, tenantTag(tenant)) ? reply.code(304).send(null) : tenantView(tenant);
    },
  );

  app.patch(
    `${TENANTS}/:id`,
    {
      config: { action: TENANT_ACTIONS.describe },
      schema: {
        operationId: 'changeTenant',
        summary: 'Change, suspend or activate a tenant',
        description:
          'Changes the members that are given, all or none. With `state` `suspended` every credential of the tenant is refused, 403 `tenant-suspended`, in every replica once this is answered; `active` undoes that. Keys of a suspended tenant rotate, and are destroyed when their time has come.',
        tags,
        params: tenantPath,
        headers: ifMatchHeader,
        body: changeTenantBody,
        response: { 200: tagged(tenantSchema), ...problems },
      },
    },
    async (request, reply) => {
      const tenant = await tenants.change(request.caller, request.params.id, request.body, ifMatch(request, tenantTag));
      reply.header('etag', tenantTag(tenant));
      return tenantView(tenant);
    },
  );

  app.delete(
    `${TENANTS}/:id`,
    {
      config: { action: TENANT_ACTIONS.scheduleRemoval },
      schema: {
        operationId: 'scheduleTenantRemoval',
        summary: 'Remove a tenant, after a wait',
        description:
          'Schedules the removal of the tenant with its keys, its users and its database. Until then every credential of it is refused, 403 `tenant-pending-removal`, and it can be restored; asked for again, the new date holds. A record and the audit stay.',
        tags,
        params: tenantPath,
        headers: ifMatchHeader,
        querystring: waitQuery('removal', USUAL_WAIT_DAYS),
        response: { 202: tagged(tenantSchema), ...problems },
      },
    },
    async (request, reply) => {
      const input = { ...waitOf(request.query), ...ifMatch(request, tenantTag) };
      const tenant = await tenants.scheduleRemoval(request.caller, request.params.id, input);
      return reply.code(202).header('etag', tenantTag(tenant)).send(tenantView(tenant));
    },
  );

  app.post(
    `${TENANTS}/:id/restore`,
    {
      config: { action: TENANT_ACTIONS.restore },
      schema: {
        operationId: 'restoreTenant',
        summary: 'Restore a tenant',
        description:
          'Cancels a scheduled removal: the tenant is again as it was before, active or suspended. Without one, nothing is changed.',
        tags,
        params: tenantPath,
        headers: ifMatchHeader,
        response: { 200: tagged(tenantSchema), ...problems },
      },
    },
    async (request, reply) => {
      const tenant = await tenants.restore(request.caller, request.params.id, ifMatch(request, tenantTag));
      reply.header('etag', tenantTag(tenant));
      return tenantView(tenant);
    },
  );
};
