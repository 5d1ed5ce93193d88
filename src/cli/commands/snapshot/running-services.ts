import { type Engine, SERVICES, type ServiceName } from '#engine/engine.ts';

/** The services of a stack that run, in the order of the chain. */
export const runningServices = async (engine: Engine): Promise<readonly ServiceName[]> => {
  const running = (await engine.status()).filter(({ state }) => state === 'running' || state === 'starting').map(({ service }) => service);
  return SERVICES.filter((service) => running.includes(service));
};
