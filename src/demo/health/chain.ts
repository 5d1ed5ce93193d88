import type { ServiceName } from '#engine/engine.ts';

/** What a service cannot do without, and what it would rather have, of the other services. */
interface Needs {
  readonly required: readonly ServiceName[];
  readonly preferred: readonly ServiceName[];
}

/** The dependency chain as each service's `/readyz` names it; the bring-up holds the two against each other. */
export const CHAIN: Readonly<Record<ServiceName, Needs>> = {
  telemetry: { required: [], preferred: [] },
  identity: { required: [], preferred: ['telemetry'] },
  kms: { required: ['identity'], preferred: ['telemetry'] },
};

/** Whether `service` cannot work without `other`, directly or through one between them. */
export const requires = (service: ServiceName, other: ServiceName): boolean =>
  CHAIN[service].required.some((each) => each === other || requires(each, other));

/** Whether `service` goes on without `other`, but not as well. */
export const prefers = (service: ServiceName, other: ServiceName): boolean => CHAIN[service].preferred.includes(other);
