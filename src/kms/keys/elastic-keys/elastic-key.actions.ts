import type { Action } from '#kms/action.ts';

/** The acts on elastic keys, and the scope that each takes. */
export const ELASTIC_KEY_ACTIONS = {
  create: { name: 'elastic-key.create', scope: 'kms:elastic-keys:create', mode: 'change' },
  list: { name: 'elastic-key.list', scope: 'kms:elastic-keys:read', mode: 'read' },
  read: { name: 'elastic-key.read', scope: 'kms:elastic-keys:read', mode: 'read' },
  /** Description and labels only: nothing is decided by them. */
  describe: { name: 'elastic-key.describe', scope: 'kms:elastic-keys:update', mode: 'change', outdates: 'own' },
  /** The policy: state, operations, lowest version, expiry; and the name, by which a key is found. */
  change: { name: 'elastic-key.change', scope: 'kms:elastic-keys:update', mode: 'change', outdates: 'all' },
} as const satisfies Readonly<Record<string, Action>>;
