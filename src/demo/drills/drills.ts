import { clockStep } from './each/clock-step.ts';
import { collectorAway } from './each/collector-away.ts';
import { diskFull } from './each/disk-full.ts';
import { expiredCertificate } from './each/expired-certificate.ts';
import { identityAway } from './each/identity-away.ts';
import { killIdentity } from './each/kill-identity.ts';
import { killKms } from './each/kill-kms.ts';
import { killTelemetry } from './each/kill-telemetry.ts';
import { lostSecret } from './each/lost-secret.ts';
import { postgresRefusing } from './each/postgres-refusing.ts';
import { postgresRestarted } from './each/postgres-restarted.ts';
import { postgresSlow } from './each/postgres-slow.ts';
import { resetInterrupted } from './each/reset-interrupted.ts';
import { twoClis } from './each/two-clis.ts';
import { wrongUnsealShare } from './each/wrong-unseal-share.ts';
import type { Drill } from './kit/drill.ts';
import type { DrillName } from '#infra/magic/drill-names.ts';

/** Every drill by its name. */
export const DRILLS: Readonly<Record<DrillName, Drill>> = {
  'kill-telemetry': killTelemetry,
  'kill-identity': killIdentity,
  'kill-kms': killKms,
  'identity-away': identityAway,
  'collector-away': collectorAway,
  'postgres-restarted': postgresRestarted,
  'postgres-slow': postgresSlow,
  'postgres-refusing': postgresRefusing,
  'disk-full': diskFull,
  'clock-step': clockStep,
  'expired-certificate': expiredCertificate,
  'lost-secret': lostSecret,
  'wrong-unseal-share': wrongUnsealShare,
  'reset-interrupted': resetInterrupted,
  'two-clis': twoClis,
};
