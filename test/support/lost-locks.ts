import type { Locks } from '#infra/database/locks.ts';
import { lockLost } from '#infra/database/common/errors.ts';

/** Locks of which that of a demo change is lost as soon as it is had; the others are kept. */
export const lostLocks = (inner: Locks): Locks => ({
  lock: async (name) => {
    const lock = await inner.lock(name);
    return name.endsWith('-demo') ? { ...lock, lost: AbortSignal.abort(lockLost('test')) } : lock;
  },
  tryLock: (name) => inner.tryLock(name),
});
