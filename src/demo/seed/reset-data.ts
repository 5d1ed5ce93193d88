import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { type DemoTenants, sameTenants, tenantIds } from '#infra/demo-data/demo-tenants.ts';
import type { Checker } from '#demo/step/checker.ts';
import type { StepContext, StepWork } from '#demo/step/step.ts';
import { applyReset } from './apply-reset.ts';
import { checkIdentitySeed } from './identity-seed.ts';
import { checkKmsSeed } from './kms-seed.ts';
import { refuseDeadServers, refuseWithoutServers, runningServers, statesOf, tenantsLine } from './servers.ts';

/**
 * New tenant ids, the demo data reset on every running server, exactly the seed read back over the public APIs, then committed
 * everywhere; whatever goes wrong before that brings the old data and the old tenants file back, and proves it.
 */
export const run: StepWork = async ({ engine, stack, check, progress, warn, signal }) => {
  await refuseDeadServers(engine);
  const servers = await runningServers(engine, stack);
  refuseWithoutServers(servers);
  const oldFile = await engine.demoTenants();
  const fresh = tenantIds(Object.keys(oldFile), {});

  progress('retiring the old demo data, seeding the new');
  const pending = await applyReset(servers, fresh);
  try {
    signal.throwIfAborted();
    progress('reading the seed back');
    let failed = 0;
    const watched: Checker = async (...args) => {
      const passed = await check(...args);
      if (!passed) failed += 1;
      return passed;
    };
    const old = new Set([...Object.values(oldFile), ...Object.values(pending.previous)]);
    const current = (await statesOf(servers)).flatMap(({ tenants }) => Object.values(tenants));
    await watched('tenant-ids-new', 'Tenant ids kept from before', 0, current.filter((id) => old.has(id)).length);
    for (const { server } of servers) {
      if (server === 'identity') await checkIdentitySeed({ stack, tenants: fresh, check: watched });
      else await checkKmsSeed({ stack, tenants: fresh, check: watched, exact: true });
    }
    if (failed > 0) throw new AppError('seed-not-there', 500, `${failed} checks of the new demo data failed`);
    signal.throwIfAborted();
    await engine.demoTenants({ set: fresh });
    await pending.commit();
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'reset-half-committed') throw cause;
    // The servers first, and the file whatever comes of them: it is what a full disk refuses, and the next run mends it.
    await pending.rollback(cause).finally(() => restoreFile({ engine, warn }, oldFile));
    const states = await statesOf(servers);
    const back = states.every(({ tenants, reset_pending: open }) => open === null && sameTenants(tenants, pending.previous));
    await check('old-data-back', 'The old demo data is back', true, back);
    throw new AppError('reset-failed', 500, 'the reset failed; the old demo data is back', { cause });
  }
  const after = await statesOf(servers);
  for (const state of after) {
    await check(`${state.server}-committed`, `${state.server} keeps the new data for good`, 'none', state.reset_pending ?? 'none');
    await check(`${state.server}-new-tenants`, `${state.server} has the new tenants`, tenantsLine(fresh), tenantsLine(state.tenants));
  }
  return `${servers.map(({ server }) => server).join(' and ')}: exactly the seed, under new tenant ids`;
};

/** Writes the tenants file as it was. A failure is a warning, not thrown: it must not hide why the reset failed. */
const restoreFile = async ({ engine, warn }: Pick<StepContext, 'engine' | 'warn'>, old: DemoTenants): Promise<void> => {
  try {
    if (!sameTenants(await engine.demoTenants(), old)) await engine.demoTenants({ set: old });
  } catch (thrown) {
    warn(`the tenants file could not be brought back: ${failureFrom(thrown).message}; the next demo or reset mends it`);
  }
};
