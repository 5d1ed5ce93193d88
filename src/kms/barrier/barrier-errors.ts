import { AppError } from '#infra/apperr/app-error.ts';

export const sealedError = (): AppError =>
  new AppError('sealed', 503, 'The KMS is sealed: no key can be used until it is unsealed.', {
    fix: 'Start the KMS with its unseal shares, or unseal it on the admin listener.',
    headers: { 'Retry-After': '10' },
  });

export const keyMaterialDamaged = (materialKeyId: string): AppError =>
  new AppError('key-material-damaged', 500, `The stored material key ${materialKeyId} was changed or stands in the wrong place.`, {
    fix: 'Restore the database of this tenant from its last backup.',
  });

export const tenantKeyMissing = (tenantId: string): AppError =>
  new AppError('tenant-key-missing', 500, `Tenant ${tenantId} has no content key.`, {
    fix: 'Remove the tenant and create it again, or restore the service database from its last backup.',
  });
