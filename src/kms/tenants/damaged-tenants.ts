import { AppError } from '#infra/apperr/app-error.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { TenantDirectory } from './directory.ts';

const LOOK_EVERY_MS = 30_000;
/** So many of the closed tenants are named. */
const MAX_NAMED = 10;

/**
 * Looks again and again whether the databases of the tenants are there and whole. A tenant with a damaged one is closed, and the job
 * fails and names it, in the log and in `/readyz`; the service stays ready for the others.
 */
export const lookAtTenants = (tenants: Pick<TenantDirectory, 'lookAtDamage'>): Job => ({
  name: 'look-at-tenants',
  periodMs: LOOK_EVERY_MS,
  run: async () => {
    const closed = [...(await tenants.lookAtDamage())];
    if (closed.length === 0) return;
    const named = closed.slice(0, MAX_NAMED).map(([id, cause]) => `tenant ${id} is closed: ${cause}`);
    const more = closed.length > MAX_NAMED ? [`and ${closed.length - MAX_NAMED} more`] : [];
    throw new AppError('tenant-damaged', 503, [...named, ...more].join('; '));
  },
});
