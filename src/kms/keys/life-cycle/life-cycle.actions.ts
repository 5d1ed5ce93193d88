import type { Action } from '#kms/action.ts';

/** The acts on the life of elastic keys and of their versions, and the scope that each takes. */
export const LIFE_CYCLE_ACTIONS = {
  scheduleDeletion: { name: 'elastic-key.schedule-deletion', scope: 'kms:elastic-keys:delete', mode: 'change', outdates: 'all' },
  restore: { name: 'elastic-key.restore', scope: 'kms:elastic-keys:delete', mode: 'change', outdates: 'all' },
  revokeVersion: { name: 'material-key.revoke', scope: 'kms:material-keys:revoke', mode: 'change', outdates: 'all' },
  scheduleDeletionOfVersion: { name: 'material-key.schedule-deletion', scope: 'kms:material-keys:delete', mode: 'change', outdates: 'all' },
  restoreVersion: { name: 'material-key.restore', scope: 'kms:material-keys:delete', mode: 'change', outdates: 'all' },
  /** Other replicas have not used the key since its deletion was scheduled. */
  destroy: { name: 'elastic-key.destroy', scope: 'kms:elastic-keys:delete', mode: 'change', outdates: 'own' },
  destroyVersion: { name: 'material-key.destroy', scope: 'kms:material-keys:delete', mode: 'change', outdates: 'own' },
} as const satisfies Readonly<Record<string, Action>>;
