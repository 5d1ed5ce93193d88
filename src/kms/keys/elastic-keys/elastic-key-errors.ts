import { AppError } from '#infra/apperr/app-error.ts';

const NOT_FOUND = 'elastic-key-not-found';

/** The same for a key of another tenant as for one that never was. */
export const elasticKeyNotFound = (): AppError =>
  new AppError(NOT_FOUND, 404, 'There is no such elastic key.', { fix: 'List the elastic keys to find its id or name.' });

export const isElasticKeyNotFound = (error: unknown): boolean => error instanceof AppError && error.code === NOT_FOUND;

export const elasticKeySuspended = (): AppError =>
  new AppError('elastic-key-suspended', 409, 'The elastic key is suspended.', {
    fix: 'Set its state to active to use it again.',
  });

export const elasticKeyPendingImport = (): AppError =>
  new AppError('elastic-key-pending-import', 409, 'The elastic key has no key material yet.', { fix: 'Import its key material.' });

/** The KMS makes no version of it. */
export const elasticKeyExternal = (): AppError =>
  new AppError('elastic-key-external', 409, 'The key material of this elastic key comes from outside: the KMS makes no version of it.', {
    fix: 'Import its next version.',
  });

/** Nobody else makes a version of it. */
export const elasticKeyNotExternal = (): AppError =>
  new AppError('elastic-key-not-external', 409, 'The KMS itself makes the key material of this elastic key: nothing is imported into it.', {
    fix: 'Make an elastic key with the origin external.',
  });

export const elasticKeyNotExportable = (): AppError =>
  new AppError(
    'elastic-key-not-exportable',
    409,
    'The key material of this elastic key does not leave the KMS: it was not made exportable.',
    {
      fix: 'Only a key that was made with exportable true can be exported; that cannot be changed later.',
    },
  );

export const elasticKeyPendingDeletion = (): AppError =>
  new AppError('elastic-key-pending-deletion', 409, 'The elastic key is to be destroyed and does nothing until then.', {
    fix: 'Restore it to use it again.',
  });

export const elasticKeyDestroyed = (): AppError =>
  new AppError('elastic-key-destroyed', 409, 'The elastic key is destroyed: a record of it is left, and no key material.', {
    fix: 'Use another elastic key.',
  });

export const elasticKeyExpired = (): AppError =>
  new AppError('elastic-key-expired', 409, 'The elastic key has expired: it opens what it protected, and protects nothing more.', {
    fix: 'Use another elastic key, or move its expiry.',
  });

export const operationNotAllowed = (operation: string, allowed: readonly string[]): AppError =>
  new AppError('operation-not-allowed', 409, `This elastic key may not ${operation}.`, {
    fix: `It may ${allowed.join(', ') || 'do nothing'}; use a key that was made for this operation.`,
  });

export const elasticKeyNameTaken = (name: string): AppError =>
  new AppError('elastic-key-name-taken', 409, `There is an elastic key named ${name} already.`, {
    fields: [{ field: '/name', message: 'is taken', fix: 'Choose another name.' }],
  });
