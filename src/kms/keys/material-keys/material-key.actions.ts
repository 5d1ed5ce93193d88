import type { Action } from '#kms/action.ts';

/** The acts on the versions of an elastic key, and the scope that each takes. */
export const MATERIAL_KEY_ACTIONS = {
  rotate: { name: 'material-key.rotate', scope: 'kms:material-keys:rotate', mode: 'change', outdates: 'all' },
  list: { name: 'material-key.list', scope: 'kms:material-keys:read', mode: 'read' },
  read: { name: 'material-key.read', scope: 'kms:material-keys:read', mode: 'read' },
  jwks: { name: 'material-key.jwks', scope: 'kms:material-keys:read', mode: 'read' },
} as const satisfies Readonly<Record<string, Action>>;
