import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { entityTagOf } from '#infra/http/request/entity-tag.ts';
import { isoOf, isoOrNull } from '#kms/api/fields.ts';
import { nextCursor, pageQuery } from '#infra/http/request/paging.ts';
import { nullable, oneOf } from '#kms/api/schemas.ts';
import { labelChangesSchema, labelQuery, labelsSchema } from '#kms/keys/elastic-keys/label.schemas.ts';
import { MAX_LABELS } from '#kms/keys/elastic-keys/labels.ts';
import type { TenantRecord } from '../tenant.ts';
import { SETTABLE_STATES, SHOWN_STATES, TENANT_SORTS, type TenantAdministration } from './administration.ts';

const nameOf = (example: string, description: string) =>
  Type.String({ description, pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', minLength: 1, maxLength: 64, examples: [example] });

const nameForm = 'lower-case letters, digits and single hyphens between them';
/** The name of a tenant that is to be made. */
export const tenantName = nameOf('acme', `${nameForm}, and not of the form of a UUID; unique among tenants, and never changed`);

/** An id is a name as far as its letters go. */
export const tenantPath = strictObject({
  id: nameOf('9b2f7c1e-4d0a-4f6b-8c3d-5e7f90a1b2c3', 'the id of a tenant, a UUIDv4, or its name while it is not removed'),
});

const description = Type.String({
  description: 'text without NUL characters, which no database holds',
  pattern: '^[^\\x00]*$',
  maxLength: 1024,
  examples: ['The web shop of Acme'],
});
const labels = {
  ...labelsSchema,
  description: `Words of yours about the tenant, by name, at most ${MAX_LABELS}; nothing is decided by them.`,
};
const state = oneOf(SHOWN_STATES, {
  title: 'TenantState',
  description: 'Only an `active` tenant is served; a `removed` one is a record without anything that it had.',
});

export const createTenantBody = strictObject(
  { name: tenantName, description: Type.Optional(description), labels: Type.Optional(labels) },
  { examples: [{ name: 'acme', description: 'The web shop of Acme', labels: { env: 'prod' } }] },
);

export const changeTenantBody = strictObject(
  {
    description: Type.Optional(description),
    labels: Type.Optional(labelChangesSchema),
    state: Type.Optional(
      oneOf(SETTABLE_STATES, { description: 'All credentials of a suspended tenant are refused until it is active again.' }),
    ),
  },
  { minProperties: 1, examples: [{ state: 'suspended' }, { state: 'active' }, { description: 'The web shop of Acme' }] },
);

export const listTenantsQuery = strictObject({
  name: Type.Optional(nameOf('demo', nameForm)),
  state: Type.Optional(state),
  label: Type.Optional({
    ...labelQuery,
    description: 'A label that the tenants have, as `name:value`, or as `name` for any value; given several times, they have all of them.',
  }),
  sort: Type.Optional(oneOf(TENANT_SORTS, { description: '`created_at` by default; `-` reverses the order.' })),
  ...pageQuery,
});

export const tenantSchema = Type.Object(
  {
    id: Type.String({ description: 'A UUIDv4; it stands in tokens and certificates.' }),
    name: Type.String(),
    description: Type.String(),
    labels,
    state,
    demo: Type.Boolean({ description: 'Whether it belongs to the demo, which makes and removes it.' }),
    created_at: Type.String(),
    suspended_at: nullable(Type.String(), { description: 'Null for one that is not suspended.' }),
    removal_at: nullable(Type.String(), { description: 'When a tenant that is `pending-removal` will be removed.' }),
    removed_at: nullable(Type.String()),
  },
  { title: 'Tenant' },
);

export const tenantPageSchema = Type.Object({ items: Type.Array(tenantSchema), next_cursor: nextCursor }, { title: 'TenantPage' });

export const tenantView = (tenant: Awaited<ReturnType<TenantAdministration['read']>>) => ({
  id: tenant.id,
  name: tenant.name,
  description: tenant.description,
  labels: { ...tenant.labels },
  state: tenant.state as (typeof SHOWN_STATES)[number],
  demo: tenant.demo,
  created_at: isoOf(tenant.createdAt),
  suspended_at: isoOrNull(tenant.suspendedAt),
  removal_at: isoOrNull(tenant.removalDueAt),
  removed_at: isoOrNull(tenant.removedAt),
});

/** The validator of a tenant as it is answered. */
export const tenantTag = (tenant: TenantRecord): string => entityTagOf(tenantView(tenant), tenant.revision);
