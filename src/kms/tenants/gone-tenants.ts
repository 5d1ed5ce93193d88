import type { Job } from '#infra/jobs/job.ts';
import type { TenantDirectory } from './directory.ts';

/** Milliseconds that something of a tenant may stay in memory after another replica removed it. */
const LOOK_EVERY_MS = 30_000;

/**
 * Looks again and again which tenants are gone. Requests would not find out: the credentials of a tenant that another replica
 * removed are refused before anyone asks for its database.
 */
export const forgetGoneTenants = (tenants: Pick<TenantDirectory, 'forgetGone'>): Job => ({
  name: 'forget-gone-tenants',
  periodMs: LOOK_EVERY_MS,
  run: () => tenants.forgetGone(),
});
