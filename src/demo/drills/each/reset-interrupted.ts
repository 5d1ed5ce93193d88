import { readRevocationPromise } from '#demo/flows/integration/revocation-promise.ts';
import { applyReset } from '#demo/seed/apply-reset.ts';
import { repairInterrupted } from '#demo/seed/repair.ts';
import { runningServers, statesOf, tenantsLine } from '#demo/seed/servers.ts';
import { serviceClient } from '#demo/world/callers.ts';
import { CONFIDENTIAL_CLIENT } from '#demo/world/names.ts';
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
    const { check, engine, load, stack, signal, sleep } = kit;
    const { kms } = await serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read');
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
    // Identity tells by its feed that clients were away and are back; what the KMS has not heard within the promise, it never hears.
    const { boundMs } = await readRevocationPromise();
    await sleep(boundMs, signal);
    const answer = await kms.call('GET', '/elastic-keys?limit=1');
    await check('token', 'A token of before counts again, within the promise of revocation', 200, answer.status);
    load.resume();
    return 'the old data is back';
  },
};
