import type { Action } from '#kms/action.ts';

/** The acts on elastic keys, and the scope that each takes. */
export const ELASTIC_KEY_ACTIONS = {
  create: { name: 'elastic-key.create', scope: 'kms:elastic-keys:create', mode: 'change' },
  list: { name: 'elastic-key.list', scope: 'kms:elastic-keys:read', mode: 'read', reach: 'reached' },
  read: { name: 'elastic-key.read', scope: 'kms:elastic-keys:read', mode: 'read' },
  /** The description only: nothing is decided by it. */
  describe: { name: 'elastic-key.describe', scope: 'kms:elastic-keys:update', mode: 'change', outdates: 'own' },
  /** The policy: state, operations, lowest version, expiry. */
  change: { name: 'elastic-key.change', scope: 'kms:elastic-keys:update', mode: 'change', outdates: 'all' },
  /** The name or the labels, by which scopes reach a key, and whatever is changed with them. */
  mark: { name: 'elastic-key.change', scope: 'kms:elastic-keys:update', mode: 'change', outdates: 'all', reach: 'tenant' },
} as const satisfies Readonly<Record<string, Action>>;
