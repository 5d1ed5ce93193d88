import type { Engine, ServiceName } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { IDENTITY_PORT, KMS_PORT } from '#infra/magic/magic.ts';
import type { StackPorts } from './stack-options.ts';

export const withDefaultPorts = (stated: Partial<StackPorts>): StackPorts => ({ kms: KMS_PORT, identity: IDENTITY_PORT, ...stated });

/**
 * Makes sure that nobody else holds a port that these services need.
 *
 * @throws AppError `port-taken`, each port named with its holder
 */
export const checkPorts = async (engine: Engine, services: readonly ServiceName[]): Promise<void> => {
  const taken = await engine.portConflicts(services);
  if (taken.length === 0) return;
  const named = taken.map(({ port, service, holder }) => `port ${port} of ${service} is held by ${holder}`);
  throw new AppError('port-taken', 409, named.join('; '), {
    fix: 'Stop the holder, or choose other ports with --port-kms and --port-identity.',
  });
};
