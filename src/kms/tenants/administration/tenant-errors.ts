import { AppError } from '#infra/apperr/app-error.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import { isUuid } from '#infra/magic/uuid.ts';
import { fieldInvalid } from '#kms/api/fields.ts';
import type { Tenant } from '../tenant.ts';

/** A name must not be taken for an id, by which tenants are found as well. @throws AppError `name-like-id` 400 */
export const checkTenantName = (name: string): void => {
  if (isUuid(name)) throw fieldInvalid('name-like-id', '/name', 'has the form of a UUID, as only ids have', 'Choose another name.');
};

export const tenantNameUsed = (cause?: unknown): AppError =>
  new AppError('tenant-name-used', 409, 'Another tenant has this name.', {
    cause,
    fix: 'Choose another name for the tenant. One that is suspended, or about to be removed, keeps its own; so does one of a demo that sleeps here.',
  });

/** To be caught with: a unique violation is a name that is in use. */
export const asUsed =
  (used: (cause: unknown) => AppError) =>
  (error: unknown): never => {
    throw isUniqueViolation(error) ? used(error) : error;
  };

export const tenantNotFound = (): AppError => new AppError('tenant-not-found', 404, 'There is no such tenant.');

export const tenantsQuota = (limit: number): AppError =>
  new AppError('tenants-quota', 409, `This service has ${limit} tenants, which is all that it may have.`, {
    fix: 'Remove tenants that are not used any more, or have an operator raise `tenants.max` of the KMS.',
  });

export const notAdministrator = (): AppError =>
  new AppError('tenants-not-administered', 403, 'The tenant of this credential does not administer tenants.', {
    fix: 'Ask somebody of a tenant that `tenants.administrators` of the KMS names.',
  });

export const tenantAdministers = ({ name }: Pick<Tenant, 'name'>): AppError =>
  new AppError('tenant-administers', 409, `Tenant ${name} administers tenants: nobody could undo this.`, {
    fix: 'Take it out of `tenants.administrators` of the KMS first.',
  });

export const tenantOfDemo = (): AppError =>
  new AppError('tenant-of-demo', 409, 'This tenant belongs to the demo, which makes and removes it.', {
    fix: 'Make a tenant of your own.',
  });

export const tenantRemoved = (): AppError => new AppError('tenant-removed', 409, 'This tenant was removed; only its record is left.');

export const tenantPendingRemoval = (): AppError =>
  new AppError('tenant-pending-removal', 409, 'This tenant is about to be removed.', { fix: 'Restore it first.' });

export const removalNotDue = (): AppError =>
  new AppError('removal-not-due', 409, 'The removal of this tenant is not due: it was restored, or waits longer.');
