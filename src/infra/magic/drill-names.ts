/** Every drill by its name, in the order in which they are run; their code is loaded when they are. */
export const DRILL_NAMES = [
  'kill-telemetry',
  'kill-identity',
  'kill-kms',
  'identity-away',
  'collector-away',
  'postgres-restarted',
  'postgres-slow',
  'postgres-refusing',
  'disk-full',
  'clock-step',
  'expired-certificate',
  'lost-secret',
  'wrong-unseal-share',
  'reset-interrupted',
  'two-clis',
] as const;

export type DrillName = (typeof DRILL_NAMES)[number];
