import { AppError } from '#infra/apperr/app-error.ts';
import type { Operate } from '#kms/action.ts';
import { type CallerTenant, serviceCaller } from '#kms/caller.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import { destroyedAt, materialKeysStore } from '../material-keys/material-key.store.ts';
import { materialKeyNotFound } from '../material-keys/material-key.ts';
import { dueKeysStore } from './due-keys.store.ts';
import { LIFE_CYCLE_ACTIONS } from './life-cycle.actions.ts';

/**
 * The last step of both machines, which nobody but the service takes: the secret goes out of its row. What files of the database hold of
 * it is erased afterwards; each of these transactions notes that this is due.
 */
export interface Destruction {
  /**
   * Destroys an elastic key with all its versions and grants, and gives its name back.
   *
   * @throws AppError `deletion-not-due` 409 where it was restored or put off meanwhile
   */
  elasticKey(tenant: CallerTenant, id: string): Promise<void>;
  /** @throws AppError `deletion-not-due` 409 */
  materialKey(tenant: CallerTenant, elasticKeyId: string, id: string): Promise<void>;
}

const NOT_DUE = 'deletion-not-due';

const assertDue = ({ deletionDueAt: due }: { readonly deletionDueAt: number | null }, now: number): void => {
  if (due === null || due > now) throw new AppError(NOT_DUE, 409, 'The key is not to be destroyed now.');
};

export const isNotDue = (error: unknown): boolean => error instanceof AppError && error.code === NOT_DUE;

/** @param options.now epoch milliseconds */
export const createDestruction = ({ operate, now }: { readonly operate: Operate; readonly now: () => number }): Destruction => ({
  elasticKey: (tenant, id) =>
    operate(serviceCaller(tenant, 'destroy-due-keys'), LIFE_CYCLE_ACTIONS.destroy, { key: id }, async ({ rows }) => async (tx) => {
      const at = now();
      await elasticKeysStore(tx, rows).update(id, (before) => {
        assertDue(before, at);
        return {
          // No name of a caller has a colon.
          name: `${before.name}:${id}`,
          state: 'destroyed',
          restoresTo: null,
          deletionDueAt: null,
          destroyedAt: at,
          versionChanges: before.versionChanges + 1,
          updatedAt: at,
        };
      });
      await materialKeysStore(tx, rows).destroyAll(id, at);
      await dueKeysStore(tx).removeTransportKeys(rows, id);
      await dueKeysStore(tx).removeGrants(rows, id);
      await dueKeysStore(tx).erasureDue();
    }),

  materialKey: (tenant, elasticKeyId, id) => {
    const asked = { key: elasticKeyId, materialKeyId: id };
    return operate(serviceCaller(tenant, 'destroy-due-keys'), LIFE_CYCLE_ACTIONS.destroyVersion, asked, async ({ rows }) => async (tx) => {
      const at = now();
      await elasticKeysStore(tx, rows).update(elasticKeyId, ({ versionChanges }) => ({
        versionChanges: versionChanges + 1,
        updatedAt: at,
      }));
      const after = await materialKeysStore(tx, rows).update(elasticKeyId, id, (before) => {
        assertDue(before, at);
        return destroyedAt(at);
      });
      if (!after) throw materialKeyNotFound();
      await dueKeysStore(tx).erasureDue();
    });
  },
});
