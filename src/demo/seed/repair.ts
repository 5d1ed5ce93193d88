import { sameTenants, tenantIds } from '#infra/demo-data/demo-tenants.ts';
import { isUuidV4 } from '#infra/magic/uuid.ts';
import { from, observed } from '#demo/evidence/taken.ts';
import type { StepContext } from '#demo/step/step.ts';
import { applyReset } from './apply-reset.ts';
import { readIdentitySeed } from '#demo/world/seed-files.ts';
import { refuseWithoutServers, repairsFor, runningServers, statesOf, tenantsLine, tenantsTold } from './servers.ts';

/** Why checks cannot be made again from a record of requests. */
const FILE = 'it reads a file of the stack';

/**
 * Looks for what an interrupted reset may have left and mends it: ends what is pending, and where the servers then still
 * disagree about the tenants, resets them together. The engine's tenants file is brought in line with the servers. Data of the seed
 * may be missing then, or changed.
 */
export const repairInterrupted = async ({ engine, stack, check, progress, warn }: StepContext): Promise<string> => {
  const servers = await runningServers(engine, stack);
  refuseWithoutServers(servers);
  const before = await statesOf(servers);
  for (const { server, resetId, action } of repairsFor(before)) {
    warn(`${server}: an interrupted reset was found, ${action}`);
    await servers.find((admin) => admin.server === server)?.[action](resetId);
  }
  let states = await statesOf(servers);
  const agreed = (): boolean => states.every(({ tenants }) => sameTenants(tenants, states[0]?.tenants ?? {}));
  if (!agreed()) {
    progress('the servers disagree about the demo tenants: resetting them together');
    warn(
      `the servers disagree about the demo tenants: ${states.map(({ server, tenants }) => `${server} has ${tenantsLine(tenants)}`).join('; ')}`,
    );
    const reset = await applyReset(servers, tenantIds(Object.keys(states[0]?.tenants ?? {}), {}));
    await reset.commit();
    states = await statesOf(servers);
  }
  const found = states[0]?.tenants ?? {};
  if (!sameTenants(await engine.demoTenants(), found)) await engine.demoTenants({ set: found });

  const [tenants, seed] = [await engine.demoTenants(), await readIdentitySeed()];
  await check('tenants', 'Tenants of the stack', seed.tenants.toSorted(), observed(FILE, Object.keys(tenants).toSorted()));
  for (const state of states) {
    await check(
      `${state.server}-settled`,
      `${state.server} has no reset under way`,
      'none',
      from(state.told).body('/reset_pending').or('none'),
    );
    await check(`${state.server}-tenants`, `${state.server} has the tenants of the stack`, tenantsLine(tenants), tenantsTold(state.told));
  }
  await check(
    'tenant-ids',
    'Tenant ids are random UUIDs (version 4)',
    seed.tenants.length,
    observed(FILE, Object.values(tenants).filter(isUuidV4).length),
  );
  return Object.keys(tenants).toSorted().join(', ');
};
