import { AppError } from '#infra/apperr/app-error.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from './directory.ts';

const LOOK_EVERY_MS = 30_000;
/** So many of the closed tenants and damaged rows are named. */
const MAX_NAMED = 10;

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
    if (damages.length === 0) return;
    const more = damages.length > MAX_NAMED ? [`and ${damages.length - MAX_NAMED} more`] : [];
    throw new AppError('tenant-damaged', 503, [...damages.slice(0, MAX_NAMED), ...more].join('; '));
  },
});
