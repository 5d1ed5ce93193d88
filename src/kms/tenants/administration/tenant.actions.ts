import type { Action } from '#kms/action.ts';

/** The acts on tenants, and the scope that each takes. */
export const TENANT_ACTIONS = {
  create: { name: 'tenant.create', scope: 'kms:tenants:write', mode: 'administer' },
  list: { name: 'tenant.list', scope: 'kms:tenants:read', mode: 'read' },
  read: { name: 'tenant.read', scope: 'kms:tenants:read', mode: 'read' },
  /** Description and labels only: nothing is decided by them. */
  describe: { name: 'tenant.describe', scope: 'kms:tenants:write', mode: 'administer' },
  suspend: { name: 'tenant.suspend', scope: 'kms:tenants:write', mode: 'administer' },
  activate: { name: 'tenant.activate', scope: 'kms:tenants:write', mode: 'administer' },
  scheduleRemoval: { name: 'tenant.schedule-removal', scope: 'kms:tenants:write', mode: 'administer' },
  restore: { name: 'tenant.restore', scope: 'kms:tenants:write', mode: 'administer' },
  /** By the service itself, when the wait is over. */
  remove: { name: 'tenant.remove', scope: 'kms:tenants:write', mode: 'administer' },
} as const satisfies Readonly<Record<string, Action>>;
