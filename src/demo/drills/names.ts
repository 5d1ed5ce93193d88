/** Every drill by its name, in the order in which they are run; their code is loaded when they are. */
export const DRILL_NAMES = ['kill-telemetry', 'kill-identity', 'kill-kms', 'identity-away', 'collector-away'] as const;

export type DrillName = (typeof DRILL_NAMES)[number];
