import { type PartName, type ServiceName, SERVICES } from '#engine/engine.ts';

/** The other services that a service cannot do without, and those that it would rather have. */
interface Needs {
  readonly required: readonly ServiceName[];
  readonly preferred: readonly ServiceName[];
  /** What `/readyz` names beside them: parts of services that it goes on without. */
  readonly streams: readonly string[];
}

/** The dependency chain as each service's `/readyz` names it; the bring-up holds the two against each other. */
export const CHAIN: Readonly<Record<ServiceName, Needs>> = {
  telemetry: { required: [], preferred: [], streams: [] },
  identity: { required: [], preferred: ['telemetry'], streams: [] },
  kms: { required: ['identity'], preferred: ['telemetry'], streams: ['identity-feed'] },
};

/** The service that a part belongs to: its own, or the one whose database it is. */
const OWNER: Readonly<Record<PartName, ServiceName>> = {
  telemetry: 'telemetry',
  identity: 'identity',
  kms: 'kms',
  'identity-postgres': 'identity',
  'kms-postgres': 'kms',
};

export const isService = (part: PartName): part is ServiceName => SERVICES.some((service) => service === part);

/** Of the parts that an engine has, these services and their databases, in the engine's order. */
export const partsOf = (parts: readonly PartName[], services: readonly ServiceName[]): readonly PartName[] =>
  parts.filter((part) => services.includes(OWNER[part]));

/** Whether `part` cannot work without `other`, directly or through one between them. */
export const requires = (part: PartName, other: PartName): boolean => {
  if (!isService(part)) return false;
  const isItsDatabase = !isService(other) && OWNER[other] === part;
  return isItsDatabase || CHAIN[part].required.some((each) => each === other || requires(each, other));
};

/**
 * Whether a database that runs is well, whatever the check of the platform said last, because a server upon it is ready: the platform asks it
 * every few seconds only, and goes on calling it unhealthy for so long; the server has just asked it.
 *
 * @param ready the parts that say themselves that they are ready
 */
export const isVouchedFor = (part: PartName, ready: readonly PartName[]): boolean =>
  !isService(part) && ready.some((other) => requires(other, part));

/** Whether `part` goes on without `other`, but not as well. */
export const prefers = (part: PartName, other: PartName): boolean =>
  isService(part) && isService(other) && CHAIN[part].preferred.includes(other);
