import type { Action } from '#kms/action.ts';

export const REALM_USER_ACTIONS = {
  list: { name: 'realm-user.list', scope: 'kms:users:read', mode: 'read' },
  read: { name: 'realm-user.read', scope: 'kms:users:read', mode: 'read' },
  create: { name: 'realm-user.create', scope: 'kms:users:write', mode: 'administer' },
  change: { name: 'realm-user.change', scope: 'kms:users:write', mode: 'administer' },
  enable: { name: 'realm-user.enable', scope: 'kms:users:write', mode: 'administer' },
  disable: { name: 'realm-user.disable', scope: 'kms:users:write', mode: 'administer' },
  setPassword: { name: 'realm-user.set-password', scope: 'kms:users:write', mode: 'administer' },
  remove: { name: 'realm-user.remove', scope: 'kms:users:write', mode: 'administer' },
} as const satisfies Record<string, Action>;
