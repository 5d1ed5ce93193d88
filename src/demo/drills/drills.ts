import { collectorAway } from './each/collector-away.ts';
import { identityAway } from './each/identity-away.ts';
import { killIdentity } from './each/kill-identity.ts';
import { killKms } from './each/kill-kms.ts';
import { killTelemetry } from './each/kill-telemetry.ts';
import type { Drill } from './kit/drill.ts';
import type { DrillName } from './names.ts';

/** Every drill by its name. */
export const DRILLS: Readonly<Record<DrillName, Drill>> = {
  'kill-telemetry': killTelemetry,
  'kill-identity': killIdentity,
  'kill-kms': killKms,
  'identity-away': identityAway,
  'collector-away': collectorAway,
};
