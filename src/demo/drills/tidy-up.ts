import { createConnections } from '#client/session/connections.ts';
import { SERVICES } from '#engine/engine.ts';
import { stackAccess } from '#demo/step/stack-access.ts';
import { sleep } from '#demo/step/sleep.ts';
import { removeLeftKeys } from '#demo/world/flow-keys.ts';
import { makeWell, type WellOptions } from './kit/make-well.ts';

/**
 * Brings a stack up as a demo would, before drills and after an interrupted one: faults are taken back, services that ended, or that run
 * with an older configuration or code, are started anew, and keys of a load are deleted. No interruption cuts it short.
 *
 * @throws as `makeWell`
 */
export const tidyUp = async (
  options: Pick<WellOptions, 'engine' | 'faults' | 'now' | 'healthTimeoutMs'> & { readonly warn: (text: string) => void },
): Promise<void> => {
  const { engine, warn } = options;
  const { signal } = new AbortController();
  const endpoints = engine.endpoints();
  await using connections = createConnections({ caFile: endpoints.caFile });
  const stack = stackAccess({ endpoints, connections, signal });
  const statuses = await engine.status();
  const ended = SERVICES.filter((name) => statuses.some(({ service, state }) => service === name && state === 'exited'));
  if (ended.length > 0) warn(`${ended.join(' and ')} had ended: started again`);
  await makeWell({ ...options, stack, signal, sleep });
  const keys = await removeLeftKeys(stack);
  if (keys > 0) warn(`kms: ${keys} keys that a drill had made are deleted`);
};
