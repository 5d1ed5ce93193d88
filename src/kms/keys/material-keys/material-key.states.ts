import { AppError } from '#infra/apperr/app-error.ts';

/**
 * States of a material key (a version), in the words of NIST SP 800-57 part 1, section 7:
 *
 *      create, rotate          rotate makes a newer one
 *     ───────────────► active ──────────────────────────► deactivated
 *                         │                                    │
 *                         ├──────────────────┬─────────────────┘
 *                         │ revoke           │ scheduleDeletion
 *                         ▼                  ▼                  destroy, once it is due
 *                    compromised ───► pending-deletion ───────────────────────────────► destroyed
 *                                ◄───
 *
 * `restore` leads back from pending-deletion: a revoked version to compromised, the newest to active, any other to deactivated. Where
 * the elastic key is destroyed, each of its versions is.
 *
 * Of the versions of an elastic key only the newest is ever active: it protects and processes. A deactivated one only processes
 * (decrypts, unwraps, verifies) what it protected before. A compromised one protects nothing, and processes where its revocation
 * allows that. The others do nothing. Where the newest is not active, nothing is protected until the elastic key is rotated.
 */
export const MATERIAL_KEY_STATES = ['active', 'deactivated', 'compromised', 'pending-deletion', 'destroyed'] as const;
export type MaterialKeyState = (typeof MATERIAL_KEY_STATES)[number];

/** Why a version was revoked: the reasons of X.509 that a key without a certificate can have. @see RFC 5280 section 5.3.1 */
export const REVOCATION_REASONS = ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation', 'privilege-withdrawn'] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** A revocation. There is no way back from it, restoration of the version included. */
export interface Revocation {
  /** Epoch milliseconds of the first one. */
  readonly revokedAt: number;
  readonly reason: RevocationReason;
  /** Empty where nothing was said. */
  readonly comment: string;
  /** Whether the version still decrypts, unwraps or verifies. */
  readonly allowsProcessing: boolean;
}

interface Life {
  readonly version: number;
  readonly state: MaterialKeyState;
  readonly revocation: Revocation | null;
}

/** Whether a version decrypts, unwraps or verifies. */
export const mayProcess = ({ state, revocation }: Pick<Life, 'state' | 'revocation'>): boolean =>
  state === 'active' || state === 'deactivated' || (state === 'compromised' && revocation?.allowsProcessing === true);

/** The state of a version that is not to be deleted any more. */
export const restoredState = ({ version, revocation }: Omit<Life, 'state'>, latestVersion: number): MaterialKeyState => {
  if (revocation !== null) return 'compromised';
  return version === latestVersion ? 'active' : 'deactivated';
};

/** @throws AppError `material-key-destroyed` 409 */
export const assertNotDestroyed = ({ state }: Pick<Life, 'state'>): void => {
  if (state === 'destroyed')
    throw new AppError('material-key-destroyed', 409, 'The material key is destroyed: a record of it is left, and no key material.', {
      fix: 'Use another version.',
    });
};

/**
 * The revocation after another one: it may say another reason and forbid processing, and never allows again what the one before forbade.
 *
 * @throws AppError `revocation-final` 409
 */
export const revokedBy = (before: Revocation | null, revocation: Revocation): Revocation => {
  if (before === null) return revocation;
  if (revocation.allowsProcessing && !before.allowsProcessing)
    throw new AppError('revocation-final', 409, 'The material key is revoked already, and its revocation forbids processing.', {
      fix: 'A revocation is for good; leave out allow_processing to change its reason or comment.',
    });
  return { ...revocation, revokedAt: before.revokedAt };
};
