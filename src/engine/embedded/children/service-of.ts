import { type PartName, SERVICES, type ServiceName } from '../../engine.ts';

/** A part as a service, which every part is that this engine runs. */
export const serviceOf = (part: PartName): ServiceName => {
  if (isService(part)) return part;
  throw new TypeError(`the embedded engine runs no ${part}`);
};

export const isService = (part: PartName): part is ServiceName => SERVICES.some((service) => service === part);
