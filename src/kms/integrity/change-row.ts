import type { UpdateResult } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { RowTag } from '#kms/database/row-tags.ts';

/** Each attempt that fails lets another change through, so far fewer are made unless something in the database keeps writes back. */
const MAX_ATTEMPTS = 1_000;

/**
 * Changes a row on condition that nobody changed it since it was read, and reads it again where somebody did: the tag covers all
 * columns, so no statement can change one by itself. On PostgreSQL the write waits for the transaction that holds the row, finds
 * another revision and comes to nothing, so of many at once each makes its change, one after the other.
 *
 * @param steps.read the row, checked; undefined where there is none
 * @param steps.change the row after the change, with its next revision; undefined where it is refused
 * @param steps.write an update of the row with the revision that was read
 * @returns the row after the change, or undefined where there is no row, or the change is refused
 * @throws AppError `row-busy` 503
 */
export const changeRow = async <R extends RowTag>(steps: {
  readonly read: () => Promise<R | undefined>;
  readonly change: (before: R) => R | undefined;
  readonly write: (after: R, revision: number) => Promise<UpdateResult>;
}): Promise<R | undefined> => {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const before = await steps.read();
    const after = before && steps.change(before);
    if (before === undefined || after === undefined) return undefined;
    const { numUpdatedRows } = await steps.write(after, before.row_revision);
    if (numUpdatedRows === 1n) return after;
  }
  throw rowBusy(MAX_ATTEMPTS);
};

export const rowBusy = (attempts: number): AppError =>
  new AppError('row-busy', 503, `Others changed a row ${attempts} times while it was to be used here.`, {
    fix: 'Try again; if it lasts, look for a trigger or a rule in the database that is not ours.',
    headers: { 'retry-after': '1' },
  });
