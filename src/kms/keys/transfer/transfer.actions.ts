import type { Action } from '#kms/action.ts';

/** The acts by which key material comes in and goes out, and the scope that each takes. */
export const TRANSFER_ACTIONS = {
  importParameters: { name: 'elastic-key.import-parameters', scope: 'kms:elastic-keys:import', mode: 'change' },
  import: { name: 'material-key.import', scope: 'kms:elastic-keys:import', mode: 'change', outdates: 'all' },
  export: { name: 'material-key.export', scope: 'kms:elastic-keys:export', mode: 'use' },
} as const satisfies Readonly<Record<string, Action>>;
