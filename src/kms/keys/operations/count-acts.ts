import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Act } from '#kms/action.ts';

/** Counts every act by action and outcome; keys, tenants and callers are not in the attributes, because there are many of them. */
export const countActs = (telemetry: Pick<Telemetry, 'counter'>): ((act: Act) => void) => {
  const count = telemetry.counter('passthru.kms.acts', { description: 'Acts on keys by action and outcome' });
  return ({ action, outcome }) => count(1, { operation: action.name, outcome });
};
