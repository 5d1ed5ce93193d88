import type { Job } from '#infra/jobs/job.ts';
import type { Caller, CallerTenant } from '#kms/caller.ts';
import type { ClockWatch } from '#kms/tenants/clock-watch.ts';
import { destroyDueKeys } from '#kms/keys/life-cycle/destroy-due-keys.ts';
import { eraseDestroyedKeys } from '#kms/keys/life-cycle/erase-destroyed-keys.ts';
import type { KmsEvent } from '#kms/events.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';
import type { TestDatabases } from '#test/support/database.ts';
import type { TestKms } from '#test/support/kms-keys.ts';

const handleOf = (tenant: CallerTenant): TenantHandle => ({ ...tenant, schemaName: tenant.name, state: 'active', demo: false });

/** The job of one process that takes what was destroyed out of the files, for these tenants. */
export const eraseJob = (
  { rows, clock }: Pick<TestKms, 'rows' | 'clock'>,
  { databases }: Pick<TestDatabases, 'databases'>,
  tenants: readonly CallerTenant[],
): Job => eraseDestroyedKeys({ locks: databases, tenants: { kept: async () => tenants.map(handleOf) }, rows, now: () => clock.now });

/** A clock that is always believed: tests move it as they like. */
const BELIEVED: ClockWatch = { doubtfulUntil: async () => null };

/** The job of one process that destroys what is due, for the tenants of these callers. */
export const destroyJob = (
  kms: Pick<TestKms, 'rows' | 'destruction' | 'clock'>,
  { databases }: Pick<TestDatabases, 'databases'>,
  callers: readonly Caller[],
  { events = [], watch = BELIEVED }: { readonly events?: KmsEvent[]; readonly watch?: ClockWatch } = {},
): Job => {
  const { rows, destruction, clock } = kms;
  return destroyDueKeys({
    locks: databases,
    tenants: { kept: async () => callers.map(({ tenant }) => handleOf(tenant)) },
    rows,
    clock: watch,
    destruction,
    emit: (event) => void events.push(event),
    now: () => clock.now,
    elapsed: () => clock.elapsed,
  });
};
