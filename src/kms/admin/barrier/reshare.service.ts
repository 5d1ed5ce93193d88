import { AppError } from '#infra/apperr/app-error.ts';
import type { Locks } from '#infra/database/locks.ts';
import { createShareCollection } from '#infra/secrets/share-collection.ts';
import { makeShares, shareIdentity, sharesMixed } from '#infra/secrets/unseal-shares.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { Emit } from '#kms/events.ts';
import { BARRIER_LOCK } from './rotation.service.ts';
import type { SealService } from './seal.service.ts';

export interface NewSet {
  /** So many of the new shares will unseal. */
  readonly threshold: number;
  readonly shares: number;
}

export interface ReshareState {
  readonly state: 'none' | 'asking' | 'confirming' | 'done';
  /** Shares that were given in this state. */
  readonly given: number;
  /** So many are needed in it; null before the first one says it. */
  readonly needed: number | null;
  readonly set: NewSet | null;
}

/**
 * A new set of unseal shares. As a rekey of Vault with verification: a quorum of the present holders allows it, and the old shares open
 * the database until a quorum of the new ones was given back, so that an answer that is lost loses nothing.
 *
 *           start            quorum of present shares            quorum of new shares
 *     none ───────► asking ──────────────────────────► confirming ────────────────────► none
 *       ▲             │         the new shares are answered, once        only they open from here on
 *       └── cancel, seal, an hour without a share ───────────┘
 */
export interface ReshareService {
  state(): ReshareState;
  /** @throws AppError `reshare-under-way` 409, `sealed` 503, `request-invalid` 400 where more are needed than there are */
  start(set: NewSet): void;
  /**
   * Takes one share: a present one while asking, a new one while confirming. One that is refused changes nothing.
   *
   * @returns the new shares, a line each, where this one completed the quorum of the present ones; null otherwise
   * @throws AppError `reshare-none` 409; `unseal-shares-damaged`, `-mixed`, `-duplicate` 400; `unseal-failed` 400 where the set that was
   *   completed does not open this database, and has to be given anew; `unseal-key-changed` 409; `sealed` 503
   */
  give(share: string): Promise<{ readonly state: ReshareState; readonly newShares: readonly string[] | null }>;
  cancel(): void;
}

/** Milliseconds without a share after which it is over. */
const IDLE_MS = 60 * 60_000;

interface Session {
  readonly set: NewSet;
  /** The set of the new shares, once they were made. */
  newSetId: string | null;
  /** When it came so far. */
  since: number;
}

/** @param options.elapsed milliseconds of a clock that never goes back */
export const createReshareService = (options: {
  readonly barrier: Pick<Barrier, 'rotation' | 'state' | 'onForget'>;
  readonly locks: Pick<Locks, 'lock'>;
  /** Tells the other workers of this server. */
  readonly share: SealService['share'];
  readonly emit: Emit;
  readonly elapsed: () => number;
}): ReshareService => {
  const { barrier, locks, share, emit, elapsed } = options;
  const collection = createShareCollection();
  let session: Session | null = null;

  const cancel = (): void => {
    session = null;
    collection.clear();
  };
  barrier.onForget((tenantId) => {
    if (tenantId === null) cancel();
  });

  const current = (): Session | null => {
    if (session !== null && elapsed() - session.since >= IDLE_MS) cancel();
    return session;
  };

  const state = (): ReshareState => {
    const now = current();
    if (now === null) return { state: 'none', given: 0, needed: null, set: null };
    const { given, threshold } = collection.progress();
    const isAsking = now.newSetId === null;
    return { state: isAsking ? 'asking' : 'confirming', given, needed: isAsking ? threshold : now.set.threshold, set: now.set };
  };

  /** The present holders agree: the new shares, which open nothing yet. */
  const allow = async (own: Session, unsealKey: Uint8Array): Promise<readonly string[]> => {
    if (!(await barrier.rotation.isUnsealKey(unsealKey))) throw foreignSet();
    const shares = await makeShares(own.set);
    if (session !== own) throw noReshare();
    own.newSetId = shareIdentity(shares[0] ?? '')?.setId ?? null;
    // A present share that came meanwhile is one too many.
    collection.clear();
    return shares;
  };

  /** The new holders have their shares: from here on only these open the database. */
  const confirm = async (own: Session, unsealKey: Uint8Array): Promise<void> => {
    await using _lock = await locks.lock(BARRIER_LOCK);
    if (session !== own) throw noReshare();
    await barrier.rotation.replaceUnsealKey(unsealKey);
    await share(unsealKey);
    cancel();
    emit({ type: 'barrier-reshared', ...own.set });
  };

  return {
    state,
    start: (set) => {
      if (set.threshold > set.shares) throw tooFewShares();
      if (barrier.state() === 'sealed') throw sealedError();
      if (current() !== null) throw reshareUnderWay();
      session = { set, newSetId: null, since: elapsed() };
    },
    give: async (share) => {
      const own = current();
      if (own === null) throw noReshare();
      const { newSetId } = own;
      if (newSetId !== null && (shareIdentity(share)?.setId ?? newSetId) !== newSetId) throw sharesMixed();
      own.since = elapsed();
      const unsealKey = await collection.add(share);
      if (unsealKey === null) return { state: state(), newShares: null };
      try {
        if (newSetId === null) return { newShares: await allow(own, unsealKey), state: state() };
        await confirm(own, unsealKey);
        return { newShares: null, state: { ...state(), state: 'done', set: own.set } };
      } finally {
        unsealKey.fill(0);
      }
    },
    cancel,
  };
};

const reshareUnderWay = (): AppError =>
  new AppError('reshare-under-way', 409, 'New unseal shares are being made already.', {
    fix: 'Go on with it, or cancel it and start again; the present shares open the database until it is done.',
  });

const noReshare = (): AppError =>
  new AppError('reshare-none', 409, 'No new unseal shares are being made: it was not started, was cancelled, or ended after an hour.', {
    fix: 'Start it, and give the present shares.',
  });

const foreignSet = (): AppError =>
  new AppError('unseal-failed', 400, 'These unseal shares do not open this database.', {
    fix: 'Give the present shares of this database, all of them anew.',
  });

const tooFewShares = (): AppError =>
  new AppError('request-invalid', 400, 'More shares would be needed than there are.', {
    fields: [{ field: '/threshold', message: 'must be at most the number of shares', fix: 'Make more shares, or let fewer unseal.' }],
  });
