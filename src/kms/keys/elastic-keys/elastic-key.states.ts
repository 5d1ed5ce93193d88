import { type AppError, InternalError, unreachable } from '#infra/apperr/app-error.ts';
import { elasticKeyDestroyed, elasticKeyPendingDeletion, elasticKeyPendingImport, elasticKeySuspended } from './elastic-key-errors.ts';

/**
 * States of an elastic key, in the words of NIST SP 800-57 part 1, section 7:
 *
 *      create, to be imported      create         suspend
 *     ──► pending-import ────────► active ──────────────────► suspended
 *              │          import     │    ◄──────────────────     │
 *              │                     │          resume            │
 *              │                     │ scheduleDeletion           │
 *              │                     ▼                            │
 *              └───────────► pending-deletion ◄───────────────────┘
 *                                    │      restore leads back to where it came from
 *                                    │ destroy, once it is due
 *                                    ▼
 *                                destroyed
 *
 * Only an active key does anything. One in any other state keeps what it holds, but for the destroyed one: that is a record without key
 * material, which nobody uses, changes or restores. `suspend` and `resume` are a PATCH of `state`.
 */
export const ELASTIC_KEY_STATES = ['pending-import', 'active', 'suspended', 'pending-deletion', 'destroyed'] as const;
export type ElasticKeyState = (typeof ELASTIC_KEY_STATES)[number];

/** The states that a caller may set. */
export const SETTABLE_STATES = ['active', 'suspended'] as const satisfies readonly ElasticKeyState[];
export type SettableState = (typeof SETTABLE_STATES)[number];

/** The states from which deletion is scheduled, and to which a restored key comes back. */
export const RESTORED_STATES = ['pending-import', 'active', 'suspended'] as const satisfies readonly ElasticKeyState[];
export type RestoredState = (typeof RESTORED_STATES)[number];

/** Why a key in this state does not do what was asked. */
const refusalIn = (state: Exclude<ElasticKeyState, 'active'>): AppError => {
  switch (state) {
    case 'pending-import':
      return elasticKeyPendingImport();
    case 'suspended':
      return elasticKeySuspended();
    case 'pending-deletion':
      return elasticKeyPendingDeletion();
    case 'destroyed':
      return elasticKeyDestroyed();
    default:
      return unreachable(state);
  }
};

/**
 * Refuses what only an active key does.
 *
 * @throws AppError `elastic-key-pending-import`, `elastic-key-suspended`, `elastic-key-pending-deletion`, `elastic-key-destroyed` 409
 */
export const assertActive = ({ state }: { readonly state: ElasticKeyState }): void => {
  if (state !== 'active') throw refusalIn(state);
};

/** Refuses what is done to every key that is there to stay. @throws AppError `elastic-key-pending-deletion`, `elastic-key-destroyed` 409 */
export const assertStays = ({ state }: { readonly state: ElasticKeyState }): void => {
  if (state === 'pending-deletion' || state === 'destroyed') throw refusalIn(state);
};

/** @throws AppError `elastic-key-destroyed` 409 */
export const assertNotDestroyed = ({ state }: { readonly state: ElasticKeyState }): void => {
  if (state === 'destroyed') throw refusalIn(state);
};

/**
 * The state that a key has, or has again, without a deletion.
 *
 * @throws AppError `elastic-key-destroyed` 409
 */
export const stateWithoutDeletion = (key: {
  readonly id: string;
  readonly state: ElasticKeyState;
  readonly restoresTo: RestoredState | null;
}): RestoredState => {
  const { id, state, restoresTo } = key;
  if (state === 'destroyed') throw refusalIn(state);
  if (state !== 'pending-deletion') return state;
  if (restoresTo === null) throw new InternalError(`elastic key ${id} is to be deleted, and does not say what it was before`);
  return restoresTo;
};

/** The state after a PATCH of it. @throws AppError as `assertActive`, but for the suspended */
export const stateSet = ({ state }: { readonly state: ElasticKeyState }, wanted: SettableState): SettableState => {
  if (state !== 'suspended') assertActive({ state });
  return wanted;
};
