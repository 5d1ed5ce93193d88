import type { Job } from '#infra/jobs/job.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from './directory.ts';
import { throwFailures } from './failures.ts';

const LOOK_EVERY_MS = 30_000;

/**
 * Looks again and again whether the databases of the tenants are there and whole, and their rows are the KMS's own. A tenant with a
 * damaged database is closed, and the job fails and names it, in the log and in `/readyz`; so it does for each row that was refused
 * in the last ten minutes and was not found whole again. The service stays ready for the others.
 */
export const lookAtTenants = (tenants: Pick<TenantDirectory, 'lookAtDamage'>, rows: Pick<RowIntegrity, 'isReadable' | 'damaged'>): Job => ({
  name: 'look-at-tenants',
  periodMs: LOOK_EVERY_MS,
  run: async () => {
    if (!rows.isReadable()) return;
    const closed = await tenants.lookAtDamage();
    const damages = [
      ...[...closed].map(([id, cause]) => `tenant ${id} is closed: ${cause}`),
      ...rows.damaged().map(({ table, id }) => `the row ${id} of ${table} is refused`),
    ];
    throwFailures('tenant-damaged', damages);
  },
});
