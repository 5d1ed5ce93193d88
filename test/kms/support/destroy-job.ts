import type { Job } from '#infra/jobs/job.ts';
import type { Caller } from '#kms/caller.ts';
import { destroyDueKeys } from '#kms/keys/life-cycle/destroy-due-keys.ts';
import type { KmsEvent } from '#kms/events.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';
import type { TestDatabases } from '#test/support/database.ts';
import type { TestKms } from '#test/support/kms-keys.ts';

/** The job of one process that destroys what is due, for the tenants of these callers. */
export const destroyJob = (
  kms: Pick<TestKms, 'rows' | 'destruction' | 'clock'>,
  { databases }: Pick<TestDatabases, 'databases'>,
  callers: readonly Caller[],
  events: KmsEvent[] = [],
): Job => {
  const handles = callers.map(({ tenant }): TenantHandle => ({ ...tenant, schemaName: tenant.name, state: 'active', demo: false }));
  const { rows, destruction, clock } = kms;
  return destroyDueKeys({
    locks: databases,
    tenants: { active: async () => handles },
    rows,
    destruction,
    emit: (event) => void events.push(event),
    now: () => clock.now,
  });
};
