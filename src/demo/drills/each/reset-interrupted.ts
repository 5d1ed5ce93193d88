import { applyReset } from '#demo/seed/apply-reset.ts';
import { repairInterrupted } from '#demo/seed/repair.ts';
import { runningServers, statesOf, tenantsLine } from '#demo/seed/servers.ts';
import { tenantIds } from '#infra/demo-data/demo-tenants.ts';
import type { Drill } from '../kit/drill.ts';

export const resetInterrupted: Drill = {
  title: 'Reset interrupted',
  breaks: 'a reset of the demo data is begun on both servers, and nobody ends it',
  mustHold: 'Both know of it, and the next command brings the old data back on both: old or new, never a mixture.',
  source: 'reliability.md#what-holds',
  engines: ['embedded', 'docker'],
  faults: [],
  callers: { user: null, token: null },
  boundMs: 10_000,
  run: async (kit) => {
    const { check, engine, load, stack } = kit;
    // The tenants of the callers are the old ones, and away while the reset waits.
    await load.rest();
    const old = await engine.demoTenants();
    const fresh = tenantIds(Object.keys(old), {});
    const servers = await runningServers(engine, stack);
    await applyReset(servers, fresh);
    const pending = await statesOf(servers);
    await check('pending', 'Servers that wait for the end of the reset', 2, pending.filter(({ reset_pending: id }) => id !== null).length);
    const withNew = pending.filter(({ tenants }) => tenantsLine(tenants) === tenantsLine(fresh));
    await check('whole', 'Servers that have the new data', 2, withNew.length);
    await repairInterrupted(kit);
    await check('old-tenants', 'The tenants of the stack', tenantsLine(old), tenantsLine(await engine.demoTenants()));
    load.resume();
    return 'the old data is back';
  },
};
