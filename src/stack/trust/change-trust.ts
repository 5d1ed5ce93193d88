import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { codeOf } from '#infra/apperr/system-error.ts';
import type { Root, TrustPlace } from './trust-place.ts';
import type { TrustRecord, TrustRecords } from './trust-records.ts';

/**
 * `trusted`: it was there, whoever put it there. `added`, `removed`: this run did it, and looked. `absent`: it is not there. `blocked`: this
 * program cannot change the place as it runs. `failed`: it tried.
 */
export type TrustState = 'trusted' | 'added' | 'removed' | 'absent' | 'blocked' | 'failed';

export interface TrustOutcome {
  readonly place: Pick<TrustPlace, 'store' | 'path' | 'readers'>;
  readonly fingerprint: string;
  readonly state: TrustState;
  /** Why it is blocked or failed; empty else. */
  readonly why: string;
  readonly fix: string;
}

/** How it stands with a root in one place; nothing is changed. */
export const lookAt = (place: TrustPlace, root: Root): Promise<TrustOutcome> =>
  reported(place, root.fingerprint, async () => {
    const obstacle = await place.blocked('add', root);
    if (obstacle !== null && place.store === 'nss') return { state: 'blocked', ...obstacle };
    if (await place.trusts(root)) return { state: 'trusted' };
    return obstacle === null ? { state: 'absent' } : { state: 'blocked', ...obstacle };
  });

/** Makes one place trust a root, and looks whether it does. What is there already stays as it is. */
export const addTo = async (
  place: TrustPlace,
  { root, stateDir, records }: { readonly root: Root; readonly stateDir: string; readonly records: TrustRecords },
): Promise<TrustOutcome> => {
  const looked = await lookAt(place, root);
  if (looked.state !== 'absent') return looked;
  return reported(place, root.fingerprint, async () => {
    await records.add({ stateDir, store: place.store, path: place.path, fingerprint: root.fingerprint });
    await place.add(root);
    if (await place.trusts(root)) return { state: 'added' };
    return {
      state: 'failed',
      why: 'the root is there, and is not believed',
      fix: 'Look whether the clock is right and the certificate has not ended.',
    };
  });
};

/**
 * Takes a recorded root away from its place, and looks whether it is gone. What this program did not put there stays.
 *
 * @param options.caFile for commands that are printed
 */
export const removeFrom = (
  place: TrustPlace,
  { record, records, caFile }: { readonly record: TrustRecord; readonly records: TrustRecords; readonly caFile: string },
): Promise<TrustOutcome> => {
  const { fingerprint } = record;
  return reported(place, fingerprint, async () => {
    const isThere = await place.holds(fingerprint);
    if (isThere) {
      const obstacle = await place.blocked('remove', { file: caFile, fingerprint });
      if (obstacle !== null) return { state: 'blocked', ...obstacle };
      await place.remove(fingerprint);
    }
    await records.remove(record);
    return { state: isThere ? 'removed' : 'absent' };
  });
};

/** An error of a program or of the file system is the outcome of its place: the others go on. */
const reported = async (
  { store, path, readers }: TrustPlace,
  fingerprint: string,
  act: () => Promise<{ readonly state: TrustState; readonly why?: string; readonly fix?: string }>,
): Promise<TrustOutcome> => {
  const about = { place: { store, path, readers }, fingerprint };
  try {
    return { ...about, why: '', fix: '', ...(await act()) };
  } catch (error) {
    if (!(error instanceof AppError) && codeOf(error) === '') throw error;
    const { message, fix } = failureFrom(error);
    return { ...about, state: 'failed', why: message, fix };
  }
};
