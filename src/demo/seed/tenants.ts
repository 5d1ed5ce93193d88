import type { StepWork } from '#demo/step/step.ts';
import { repairInterrupted } from './repair.ts';
import { DEMO_SERVERS, runningServers } from './servers.ts';

/** Every planned server runs and holds the demo's tenants, whatever an earlier run left. */
export const run: StepWork = async (context) => {
  const { engine, stack, services, check } = context;
  const planned = DEMO_SERVERS.filter((server) => services.includes(server));
  const running = (await runningServers(engine, stack)).map(({ server }) => server);
  const found = planned.filter((server) => running.includes(server));
  await check('servers', 'Servers that hold demo data run', planned, found);
  return repairInterrupted(context);
};
