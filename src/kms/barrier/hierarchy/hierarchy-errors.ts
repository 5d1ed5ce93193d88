import { AppError } from '#infra/apperr/app-error.ts';

export const unsealFailed = (): AppError =>
  new AppError('unseal-failed', 503, 'The unseal shares do not open this database.', {
    fix: 'Give the unseal shares that were made together with this database; those of another installation never open it.',
  });

/** Content keys are made below a root, and before the databases of their tenants: without one, those databases cannot be opened. */
export const serviceDatabaseLost = (tenantDatabases: number): AppError => {
  const there = tenantDatabases === 1 ? '1 tenant database is there' : `${tenantDatabases} tenant databases are there`;
  return new AppError('service-database-lost', 503, `The service database is missing or empty, but ${there}.`, {
    fix: 'Restore the service database from its last backup; for demo data, remove the stack with its volumes and start again.',
  });
};

/** A record of the hierarchy that its own key does not open: changed, copied or corrupt. */
export const barrierDamaged = (what: string): AppError =>
  new AppError('barrier-damaged', 500, `The key hierarchy is damaged: ${what} cannot be opened.`, {
    fix: 'Restore the service database from its last backup.',
  });

/** Another replica made a new set of shares; this one was unsealed with the old. */
export const unsealKeyChanged = (): AppError =>
  new AppError('unseal-key-changed', 409, 'The unseal shares were made anew since this process was unsealed.', {
    fix: 'Seal it, and unseal it with the new shares; or ask the replica at which they were made.',
  });

export const barrierChanged = (): AppError =>
  new AppError('barrier-changed', 409, 'Another process changed the key hierarchy at the same time; nothing was changed here.', {
    fix: 'Look at the state of the hierarchy, and try again.',
  });
