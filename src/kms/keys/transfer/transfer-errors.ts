import { AppError } from '#infra/apperr/app-error.ts';
import { isCanonicalUuid } from '#infra/magic/uuid.ts';
import { fieldInvalid } from '#kms/api/fields.ts';
import { type Fault, KeyRefused } from '#kms/jose/received/forms/key-refused.ts';

/** One answer for a transport key that never was, is of another elastic key, was used or has expired. */
export const transportKeyUnknown = (): AppError =>
  new AppError('transport-key-unknown', 409, 'There is no such transport key: it was used, has expired, or is of another elastic key.', {
    fields: [
      { field: '/transport_key_id', message: 'is no transport key that is open', fix: 'Get new import parameters and wrap the key again.' },
    ],
  });

export const transportKeysQuota = (limit: number): AppError =>
  new AppError('transport-keys-quota', 409, `This tenant has ${limit} transport keys that are open, which is all that it may have.`, {
    fix: 'Use them, or wait until they expire.',
  });

/** One answer for every cause: a changed text, another transport key, another way of wrapping. */
export const wrappedKeyUnopened = (): AppError =>
  fieldInvalid(
    'wrapped-key-unopened',
    '/wrapped_key',
    'cannot be opened with this transport key',
    'Wrap the key to the public key of these import parameters, in the way that they name.',
  );

/** The newest version is what is exported where none is named, and no older one takes its place. */
export const newestNotActive = (): AppError =>
  new AppError('no-version-protects', 409, 'The newest version of this elastic key was revoked or deleted.', {
    fix: 'Name an older version by material_key_id.',
  });

export const materialKeyBelowMinimum = (): AppError =>
  new AppError('material-key-below-minimum', 409, 'This version is below the min_decryption_version of its elastic key.', {
    fix: 'Export a newer version, or lower min_decryption_version first.',
  });

export const formatNotOfKey = (wanted: string): AppError =>
  fieldInvalid('format-not-of-key', '/format', 'is none that a key of this algorithm has', `Use ${wanted} or jwk.`);

export const materialKeyIdTaken = (): AppError =>
  new AppError('material-key-id-taken', 409, 'There is a material key with this id already.', {
    fields: [{ field: '/material_key_id', message: 'is taken', fix: 'Leave it out: the version gets a new id.' }],
  });

export const importedKidTaken = (): AppError =>
  new AppError('imported-kid-taken', 409, 'Another version of this elastic key protected under this kid.', {
    fields: [{ field: '/kid', message: 'is taken', fix: 'Leave it out, or import into another elastic key.' }],
  });

export const kidRefused = (kid: string): AppError =>
  isCanonicalUuid(kid)
    ? fieldInvalid('kid-is-an-id', '/kid', 'is a UUID, as ids of versions are', 'Give it as material_key_id: the version has it as its id.')
    : fieldInvalid('kid-refused', '/kid', 'has a control character', 'Give a kid of printable characters.');

export const kidBesideId = (): AppError =>
  fieldInvalid(
    'kid-beside-id',
    '/kid',
    'stands beside material_key_id',
    'Give one of the two: the kid of what the key protected elsewhere.',
  );

const CODES: Readonly<Record<Fault, string>> = {
  form: 'key-form-refused',
  kind: 'key-of-another-kind',
  weak: 'key-weak',
  inconsistent: 'key-inconsistent',
};

/** What is wrong with a key in a field of a request, named; any other error as it is. */
export const refusalOf = (field: string, error: unknown): unknown =>
  error instanceof KeyRefused ? fieldInvalid(CODES[error.fault], field, error.message, error.fix) : error;
