import { AppError } from '#infra/apperr/app-error.ts';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createSharedMap } from '#infra/cache/shared-map.ts';
import type { CallerTenant } from '#kms/caller.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { ProtectionCount } from '../elastic-keys/usage.ts';
import { materialKeysStore } from '../material-keys/material-key.store.ts';

/** Counts how often a version protects, without a write per call. */
interface ProtectionCounter {
  /** Counts one protection. @throws AppError `protection-limit-reached` 409 */
  take(tenant: CallerTenant, materialKeyId: string, count: ProtectionCount): Promise<void>;
}

interface Block {
  left: number;
  /** The reservation under way; its callers wait for the same one. */
  refill: Promise<void> | null;
}

/** Protections of the largest reservation. */
const MAX_BLOCK = 1_024;
/** A block is so small a part of the number on which something depends, so that few are lost with a process. */
const PARTS = 128;

const blockOf = ({ most, rotateFrom }: ProtectionCount): number => {
  const lowest = Math.min(most ?? Infinity, rotateFrom ?? Infinity);
  return Math.max(1, Math.min(MAX_BLOCK, Math.floor(lowest / PARTS)));
};

const limitReached = (materialKeyId: string): AppError =>
  new AppError('protection-limit-reached', 409, `Material key ${materialKeyId} has protected as often as it may.`, {
    fix: 'Rotate the elastic key: older ciphertexts still open. `max_protections` can be raised as far as the algorithm allows.',
  });

/**
 * Blocks are reserved in the database before any of them is used: after a crash the rest of a block is lost, and no
 * count is ever used twice. A block is of use under the limits alone under which it was reserved, so lower ones hold at once.
 *
 * @param rotationDue told of the tenant at each reservation from `rotateFrom` on
 * @see NIST SP 800-38D section 8.3
 */
export const createProtectionCounter = (options: {
  readonly rows: Pick<RowIntegrity, 'of'>;
  readonly max?: number;
  readonly rotationDue?: (tenantId: string) => void;
}): ProtectionCounter => {
  const { rows, max = 4096, rotationDue } = options;
  const blocks = createSharedMap<Block>({ max });

  const refill = async (block: Block, tenant: CallerTenant, materialKeyId: string, count: ProtectionCount): Promise<void> => {
    const { db } = await tenant.database();
    const store = materialKeysStore(db, rows.of(tenant.id));
    const { taken, reserved } = await store.reserveProtections(materialKeyId, { block: blockOf(count), most: count.most });
    if (taken === 0) throw limitReached(materialKeyId);
    block.left += taken;
    if (count.rotateFrom !== null && reserved >= count.rotateFrom) rotationDue?.(tenant.id);
  };

  return {
    take: async (tenant, materialKeyId, count) => {
      const [owner, name] = [boundedKey(tenant.id), boundedKey(`${materialKeyId}/${count.most}/${count.rotateFrom}`)];
      const block = blocks.get(owner, name) ?? { left: 0, refill: null };
      blocks.set(owner, name, block);
      while (block.left === 0) {
        block.refill ??= refill(block, tenant, materialKeyId, count).finally(() => (block.refill = null));
        await block.refill;
      }
      block.left -= 1;
    },
  };
};
