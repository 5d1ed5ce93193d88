import { AppError } from '#infra/apperr/app-error.ts';
import type { Locks } from '#infra/database/locks.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { HierarchyState } from '#kms/barrier/rotation.ts';
import type { Emit } from '#kms/events.ts';

export const LEVELS = ['root', 'intermediate', 'content'] as const;
export type Level = (typeof LEVELS)[number];

/** Rotations of the key hierarchy, one at a time among all replicas. */
export interface RotationService {
  state(): Promise<HierarchyState>;
  /**
   * Makes a new key of a level, which wraps from then on; `retire-older-keys` wraps anew what is below the older one.
   *
   * @param tenantId of `content`: this tenant alone; all tenants where absent
   * @returns how many keys were made
   * @throws AppError `tenant-unknown` 404; `request-invalid` 400 for a tenant with another level; `unseal-key-changed` 409; `sealed` 503
   */
  rotate(level: Level, tenantId?: string): Promise<number>;
}

/** Among all replicas: whoever changes the hierarchy above the tenants. */
export const BARRIER_LOCK = 'kms-rotate-barrier';

export const createRotationService = (options: {
  readonly barrier: Pick<Barrier, 'rotation'>;
  readonly locks: Pick<Locks, 'lock'>;
  readonly emit: Emit;
}): RotationService => {
  const { locks, emit } = options;
  const { rotation } = options.barrier;

  const rotateContent = async (tenantId?: string): Promise<number> => {
    const tenants = tenantId === undefined ? (await rotation.contentKeys()).map((keys) => keys.tenantId) : [tenantId];
    let made = 0;
    for (const id of tenants) if (await rotation.rotateContentKey(id)) made += 1;
    if (made === 0 && tenantId !== undefined) throw new AppError('tenant-unknown', 404, 'There is no such tenant here.');
    return made;
  };

  return {
    state: () => rotation.state(),
    rotate: async (level, tenantId) => {
      if (level !== 'content' && tenantId !== undefined) throw tenantWithout(level);
      // Without it nothing is lost, but one of two at once would be refused.
      await using _lock = await locks.lock(BARRIER_LOCK);
      const made = level === 'content' ? await rotateContent(tenantId) : await rotation.rotate(level).then(() => 1);
      emit({ type: 'barrier-rotated', level, keys: made });
      return made;
    },
  };
};

const tenantWithout = (level: Level): AppError =>
  new AppError('request-invalid', 400, `A tenant has no ${level} key of its own.`, {
    fields: [{ field: '/tenant_id', message: 'goes with the level content alone', fix: 'Leave it out, or rotate the level content.' }],
  });
