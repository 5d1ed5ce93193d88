import type { AppError } from '#infra/apperr/app-error.ts';
import type { Action, Operate } from '#kms/action.ts';
import type { Precondition } from '#infra/http/request/entity-tag.ts';
import { fieldInvalid } from '#kms/api/fields.ts';
import type { Caller } from '#kms/caller.ts';
import { PROVING } from '#kms/jose/algorithm.ts';
import { elasticKeyNotFound } from '../elastic-keys/elastic-key-errors.ts';
import { assertNotDestroyed as assertKeyNotDestroyed, stateWithoutDeletion } from '../elastic-keys/elastic-key.states.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { assertNotDestroyed, restoredState, revokedBy } from '../material-keys/material-key.states.ts';
import { type MaterialKeyChanges, materialKeysStore } from '../material-keys/material-key.store.ts';
import { type MaterialKey, materialKeyNotFound, type StoredMaterialKey } from '../material-keys/material-key.ts';
import { type PublicKeys, withPublicJwk } from '../material-keys/public-keys.ts';
import { LIFE_CYCLE_ACTIONS } from './life-cycle.actions.ts';
import { type LifeCycleService, USUAL_WAIT_DAYS } from './life-cycle.ts';

const DAY_MS = 86_400_000;

const processingOfCompromised = (): AppError =>
  fieldInvalid(
    'processing-of-compromised',
    '/allow_processing',
    'is true for a key that signs or authenticates, and that others know: whatever it made may be theirs',
    'Leave it out, or name another reason.',
  );

/** A step of a version that is not destroyed, decided on the version and its elastic key as they are. */
type VersionStep = (before: StoredMaterialKey, elasticKey: ElasticKey) => MaterialKeyChanges;

/** @param options.now epoch milliseconds */
export const createLifeCycle = (options: { readonly operate: Operate<PublicKeys>; readonly now: () => number }): LifeCycleService => {
  const { operate, now } = options;
  const dueIn = (days: number): number => now() + days * DAY_MS;

  /**
   * Changes a version in the transaction that counts the change at its elastic key, whose row it locks first: every change of versions
   * does so, rotation too.
   */
  const changeVersion = (
    asked: { caller: Caller; action: Action<'change'>; key: string; id: string; precondition: Precondition<MaterialKey> | undefined },
    step: VersionStep,
  ): Promise<MaterialKey> => {
    const { caller, action, key, id, precondition } = asked;
    return operate(caller, action, { key, materialKeyId: id }, async ({ tenant, db, rows, ring, target: { elasticKeyId } }) => {
      const elasticKey = await elasticKeysStore(db, rows).byId(elasticKeyId);
      if (!elasticKey) throw elasticKeyNotFound();
      const before = await materialKeysStore(db, rows).byId(elasticKeyId, id);
      if (!before) throw materialKeyNotFound();
      // Unwrapping may wait for another database, which a transaction must not.
      const publicJwk = await ring.publicJwk({ tenant, elasticKeyId }, elasticKey, before);
      return async (tx) => {
        const counted = await elasticKeysStore(tx, rows).update(elasticKeyId, (counting) => {
          assertKeyNotDestroyed(counting);
          return { versionChanges: counting.versionChanges + 1, updatedAt: now() };
        });
        const after = await materialKeysStore(tx, rows).update(elasticKeyId, id, (version) => {
          precondition?.(withPublicJwk(counted, version, publicJwk));
          assertNotDestroyed(version);
          return step(version, counted);
        });
        if (!after) throw materialKeyNotFound();
        return withPublicJwk(counted, after, publicJwk);
      };
    });
  };

  return {
    scheduleDeletion: (caller, key, { waitDays = USUAL_WAIT_DAYS, precondition } = {}) =>
      operate(
        caller,
        LIFE_CYCLE_ACTIONS.scheduleDeletion,
        { key },
        async ({ rows, target: { elasticKeyId } }) =>
          (tx) =>
            elasticKeysStore(tx, rows).update(elasticKeyId, (before) => {
              precondition?.(before);
              const restoresTo = stateWithoutDeletion(before);
              return { state: 'pending-deletion', restoresTo, deletionDueAt: dueIn(waitDays), updatedAt: now() };
            }),
      ),

    restore: (caller, key, { precondition } = {}) =>
      operate(
        caller,
        LIFE_CYCLE_ACTIONS.restore,
        { key },
        async ({ rows, target: { elasticKeyId } }) =>
          (tx) =>
            elasticKeysStore(tx, rows).update(elasticKeyId, (before) => {
              precondition?.(before);
              return { state: stateWithoutDeletion(before), restoresTo: null, deletionDueAt: null, updatedAt: now() };
            }),
      ),

    revokeVersion: (caller, key, id, { reason, comment = '', allowsProcessing = false, precondition }) =>
      changeVersion({ caller, action: LIFE_CYCLE_ACTIONS.revokeVersion, key, id, precondition }, ({ state, revocation }, { use }) => {
        if (allowsProcessing && reason === 'key-compromise' && PROVING.has(use)) throw processingOfCompromised();
        const revoked = revokedBy(revocation, { revokedAt: now(), reason, comment, allowsProcessing });
        return { revocation: revoked, state: state === 'pending-deletion' ? state : 'compromised' };
      }),

    scheduleDeletionOfVersion: (caller, key, id, { waitDays = USUAL_WAIT_DAYS, precondition } = {}) =>
      changeVersion({ caller, action: LIFE_CYCLE_ACTIONS.scheduleDeletionOfVersion, key, id, precondition }, () => ({
        state: 'pending-deletion',
        deletionDueAt: dueIn(waitDays),
      })),

    restoreVersion: (caller, key, id, { precondition } = {}) =>
      changeVersion({ caller, action: LIFE_CYCLE_ACTIONS.restoreVersion, key, id, precondition }, (before, { latestVersion }) => ({
        state: restoredState(before, latestVersion),
        deletionDueAt: null,
      })),
  };
};
