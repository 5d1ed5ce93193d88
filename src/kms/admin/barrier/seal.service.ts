import { AppError } from '#infra/apperr/app-error.ts';
import { createShareCollection, type ShareProgress } from '#infra/secrets/share-collection.ts';
import type { Workers } from '#infra/workers/workers.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { Emit } from '#kms/events.ts';

/**
 * The seal of this process, and of all workers of its server: a worker that is told and does not follow is replaced by one that does.
 * Replicas know nothing of each other's: each is sealed, and unsealed, by itself.
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
  /** Forgets every key and every share that was given, also where they are being opened at this moment; sealed already, it stays so. */
  seal(): Promise<void>;
  /**
   * Takes one share; the one that completes its set unseals. A share that is refused changes nothing. Unsealed already, none is looked at.
   *
   * @throws AppError `unseal-shares-damaged`, `unseal-shares-mixed`, `unseal-shares-duplicate` 400; `unseal-failed` 400 where the set is not
   *   that of this database, and the shares have to be given anew; `sealed` 503 where it was sealed meanwhile; what the work of a start
   *   throws, and the service is sealed again
   */
  unseal(share: string): Promise<void>;
  /** Forgets the shares that were given. */
  reset(): void;
  /** Lets all other workers know the unseal key of from now on; they unseal with it where they are sealed. */
  share(unsealKey: Uint8Array): Promise<void>;
}

/** What workers tell each other of the seal: the unseal key, 32 bytes; null where it is closed. */
interface Told {
  readonly key: Uint8Array | null;
}

/** What this process was told when it began: null where nothing was, and the configuration decides. */
export const sealAtStart = (workers: Pick<Workers, 'kept'>): Told | null => workers.kept('seal') as Told | null;

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
  readonly workers: Pick<Workers, 'ask' | 'hear'>;
}): SealService => {
  const { barrier, prepare, keyed, emit, workers } = options;
  const shares = createShareCollection();
  let { isPrepared } = options;
  /** Openings under way. */
  let openings = 0;
  /** How often this process was told to close. */
  let closed = 0;
  /** Null where the barrier seals itself: it cannot follow a root that another replica made under new shares. */
  let cause: 'operator' | 'start' | 'worker' | null = null;

  /** All others do it, or they end: when this resolves, none is left that did not. */
  const tell = async (told: Told): Promise<void> => void (await workers.ask('seal', told, { keep: told, orEnd: true }));

  barrier.onForget((tenantId) => {
    if (tenantId !== null) return;
    emit({ type: 'sealed', cause: cause ?? 'new-shares' });
    if (cause === null) void tell({ key: null });
  });

  const sealFor = (because: 'operator' | 'start' | 'worker'): void => {
    cause = because;
    barrier.seal();
    cause = null;
  };

  /** An opening that is under way ends as `sealed`. */
  const close = (because: 'operator' | 'worker'): void => {
    closed += 1;
    shares.clear();
    if (barrier.state() === 'unsealed' || openings > 0) sealFor(because);
  };

  const seal = async (): Promise<void> => {
    close('operator');
    // Also where this one is sealed already: another may be at an unsealing.
    await tell({ key: null });
  };

  const open = async (unsealKey: Uint8Array): Promise<void> => {
    openings += 1;
    try {
      await barrier.unseal(unsealKey).catch(foreignSet);
      keyed(unsealKey);
      await prepareOnce();
    } finally {
      openings -= 1;
    }
    if (barrier.state() === 'sealed') throw sealedError();
    emit({ type: 'unsealed' });
  };

  const prepareOnce = async (): Promise<void> => {
    try {
      if (!isPrepared) await prepare();
      isPrepared = true;
    } catch (error) {
      if (barrier.state() === 'unsealed') sealFor('start');
      throw error;
    }
  };

  workers.hear('seal', async ({ key }: Told) => {
    if (key === null) return close('worker');
    const before = closed;
    try {
      // Unsealed already, it goes on under the key of the new shares.
      await (barrier.state() === 'unsealed' ? barrier.unseal(key) : open(key));
    } catch (error) {
      // Told to close meanwhile, it is closed: that is to follow.
      if (closed === before) throw error;
    } finally {
      key.fill(0);
    }
  });

  return {
    state: () => (barrier.state() === 'sealed' ? 'sealed' : isPrepared ? 'unsealed' : 'unsealing'),
    progress: shares.progress,
    seal,
    unseal: async (share) => {
      if (barrier.state() === 'unsealed') return;
      const unsealKey = await shares.add(share);
      if (unsealKey === null) return;
      try {
        await open(unsealKey);
        await tell({ key: unsealKey });
      } finally {
        unsealKey.fill(0);
      }
    },
    reset: shares.clear,
    share: (unsealKey) => tell({ key: unsealKey }),
  };
};

/** At a start the shares of the configuration are the fault of the service (503); here they are that of who gave them. */
const foreignSet = (error: unknown): never => {
  if (!(error instanceof AppError) || error.code !== 'unseal-failed') throw error;
  const { code, message, fix } = error;
  throw new AppError(code, 400, message, { cause: error, ...(fix === undefined ? {} : { fix }) });
};
