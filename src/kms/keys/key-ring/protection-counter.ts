import { AppError } from '#infra/apperr/app-error.ts';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createSharedMap } from '#infra/cache/shared-map.ts';
import type { CallerTenant } from '#kms/caller.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { materialKeysStore } from '../material-keys/material-key.store.ts';

/** Counts how often a version protects, without a write per call. */
interface ProtectionCounter {
  /**
   * Counts one protection.
   *
   * @param limit exclusive bound of the version
   * @throws AppError `protection-limit-reached` 409
   */
  take(tenant: CallerTenant, materialKeyId: string, limit: number): Promise<void>;
}

interface Block {
  left: number;
  /** The reservation under way; its callers wait for the same one. */
  refill: Promise<void> | null;
}

const limitReached = (materialKeyId: string): AppError =>
  new AppError('protection-limit-reached', 409, `Material key ${materialKeyId} has protected as often as its algorithm allows.`, {
    fix: 'Rotate the elastic key; older ciphertexts still open.',
  });

/**
 * Blocks are reserved in the database before any of them is used: after a crash the rest of a block is lost, and no
 * count is ever used twice.
 *
 * @param block protections a reservation
 * @see NIST SP 800-38D section 8.3
 */
export const createProtectionCounter = (options: {
  readonly rows: Pick<RowIntegrity, 'of'>;
  readonly block?: number;
  readonly max?: number;
}): ProtectionCounter => {
  const { rows, block: size = 1024, max = 4096 } = options;
  const blocks = createSharedMap<Block>({ max });

  const refill = async (block: Block, tenant: CallerTenant, materialKeyId: string, limit: number): Promise<void> => {
    const { db } = await tenant.database();
    if (!(await materialKeysStore(db, rows.of(tenant.id)).reserveProtections(materialKeyId, { block: size, limit })))
      throw limitReached(materialKeyId);
    block.left += size;
  };

  return {
    take: async (tenant, materialKeyId, limit) => {
      const [owner, name] = [boundedKey(tenant.id), boundedKey(materialKeyId)];
      const block = blocks.get(owner, name) ?? { left: 0, refill: null };
      blocks.set(owner, name, block);
      while (block.left === 0) {
        block.refill ??= refill(block, tenant, materialKeyId, limit).finally(() => (block.refill = null));
        await block.refill;
      }
      block.left -= 1;
    },
  };
};
