import { AppError } from '#infra/apperr/app-error.ts';
import { createShareCollection, type ShareProgress } from '#infra/secrets/share-collection.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { Emit } from '#kms/events.ts';

/**
 * The seal of this process. Replicas know nothing of each other's: each is sealed, and unsealed, by itself.
 *
 *              share … share          work of a start is done
 *     sealed ─────────────────► unsealing ─────────────────► unsealed
 *        ▲                          │ fails                     │
 *        └──────────────────────────┴──────────── seal ─────────┘
 */
export interface SealService {
  state(): 'sealed' | 'unsealing' | 'unsealed';
  /** The shares that were given since the last seal, unsealing or reset. */
  progress(): ShareProgress;
  /** Forgets every key and every share that was given; sealed already, it stays so. */
  seal(): void;
  /**
   * Takes one share; the one that completes its set unseals. A share that is refused changes nothing. Unsealed already, none is looked at.
   *
   * @throws AppError `unseal-shares-damaged`, `unseal-shares-mixed`, `unseal-shares-duplicate` 400; `unseal-failed` 400 where the set is not
   *   that of this database, and the shares have to be given anew; what the work of a start throws, and the service is sealed again
   */
  unseal(share: string): Promise<void>;
  /** Forgets the shares that were given. */
  reset(): void;
}

/**
 * @param options.prepare the work of a start that needs keys; done once in the life of a process
 * @param options.isPrepared whether the start has done it
 * @param options.keyed called with the unseal key, which is zeroed after that
 */
export const createSealService = (options: {
  readonly barrier: Pick<Barrier, 'state' | 'seal' | 'unseal' | 'onForget'>;
  readonly prepare: () => Promise<void>;
  readonly isPrepared: boolean;
  readonly keyed: (unsealKey: Uint8Array) => void;
  readonly emit: Emit;
}): SealService => {
  const { barrier, prepare, keyed, emit } = options;
  const shares = createShareCollection();
  let { isPrepared } = options;
  /** Null where the barrier seals itself: it cannot follow a root that another replica made under new shares. */
  let cause: 'operator' | 'start' | null = null;

  barrier.onForget((tenantId) => {
    if (tenantId === null) emit({ type: 'sealed', cause: cause ?? 'new-shares' });
  });

  const sealFor = (because: 'operator' | 'start'): void => {
    cause = because;
    barrier.seal();
    cause = null;
  };

  const seal = (): void => {
    shares.clear();
    if (barrier.state() === 'unsealed') sealFor('operator');
  };

  const open = async (unsealKey: Uint8Array): Promise<void> => {
    try {
      await barrier.unseal(unsealKey).catch(foreignSet);
      keyed(unsealKey);
    } finally {
      unsealKey.fill(0);
    }
    try {
      if (!isPrepared) await prepare();
      isPrepared = true;
    } catch (error) {
      sealFor('start');
      throw error;
    }
    emit({ type: 'unsealed' });
  };

  return {
    state: () => (barrier.state() === 'sealed' ? 'sealed' : isPrepared ? 'unsealed' : 'unsealing'),
    progress: shares.progress,
    seal,
    unseal: async (share) => {
      if (barrier.state() === 'unsealed') return;
      const unsealKey = await shares.add(share);
      if (unsealKey !== null) await open(unsealKey);
    },
    reset: shares.clear,
  };
};

/** At a start the shares of the configuration are the fault of the service (503); here they are that of who gave them. */
const foreignSet = (error: unknown): never => {
  if (!(error instanceof AppError) || error.code !== 'unseal-failed') throw error;
  const { code, message, fix } = error;
  throw new AppError(code, 400, message, { cause: error, ...(fix === undefined ? {} : { fix }) });
};
