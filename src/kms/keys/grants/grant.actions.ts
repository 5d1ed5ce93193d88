import type { Action } from '#kms/action.ts';

/** The acts on grants, and the scope that each takes. What a replica remembers of grants lasts as long as a lease. */
export const GRANT_ACTIONS = {
  create: { name: 'grant.create', scope: 'kms:grants:write', mode: 'change', outdates: 'all' },
  list: { name: 'grant.list', scope: 'kms:grants:read', mode: 'read' },
  read: { name: 'grant.read', scope: 'kms:grants:read', mode: 'read' },
  revoke: { name: 'grant.revoke', scope: 'kms:grants:write', mode: 'change', outdates: 'all' },
} as const satisfies Readonly<Record<string, Action>>;
