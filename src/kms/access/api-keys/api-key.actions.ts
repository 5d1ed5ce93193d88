import type { Action } from '#kms/action.ts';

/** The acts on API keys, and the scope that each takes. A key that is new was asked for by nobody before; every other change ends leases. */
export const API_KEY_ACTIONS = {
  create: { name: 'api-key.create', scope: 'kms:api-keys:create', mode: 'change' },
  list: { name: 'api-key.list', scope: 'kms:api-keys:read', mode: 'read' },
  read: { name: 'api-key.read', scope: 'kms:api-keys:read', mode: 'read' },
  change: { name: 'api-key.change', scope: 'kms:api-keys:update', mode: 'change', outdates: 'all' },
  rotate: { name: 'api-key.rotate', scope: 'kms:api-keys:rotate', mode: 'change', outdates: 'all' },
  revoke: { name: 'api-key.revoke', scope: 'kms:api-keys:revoke', mode: 'change', outdates: 'all' },
  delete: { name: 'api-key.delete', scope: 'kms:api-keys:delete', mode: 'change', outdates: 'all' },
} as const satisfies Readonly<Record<string, Action>>;
