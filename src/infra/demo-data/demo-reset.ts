import { AppError } from '#infra/apperr/app-error.ts';
import { storedWord } from '#infra/database/stored-values.ts';

/**
 * States of the latest demo reset. Pending: old rows are retired and new ones in use, and either may still win.
 *
 *     (none) ── reset ──► pending ── commit ────► committed
 *                            └────── rollback ──► rolled-back
 */
const STATES = ['pending', 'committed', 'rolled-back'] as const;
export type DemoResetState = (typeof STATES)[number];
export type DemoResetOutcome = Exclude<DemoResetState, 'pending'>;

/** The latest reset; those before it are forgotten. */
export interface LatestReset {
  /** UUIDv7. */
  readonly id: string;
  readonly state: DemoResetState;
}

/** @param row with the state as text, as a database has it */
export const latestResetOf = (row: { readonly id: string; readonly state: string } | undefined): LatestReset | undefined => {
  if (row === undefined) return undefined;
  return { id: row.id, state: storedWord(row.state, STATES, `the state of demo reset ${row.id}`) };
};

export const pendingOf = (latest: LatestReset | undefined): string | null => (latest?.state === 'pending' ? latest.id : null);

/**
 * Whether this reset is still to be settled so; false when it was before, and asking again changes nothing.
 *
 * @throws AppError `demo-reset-not-found` 404, `demo-reset-settled` 409 when the other outcome won
 */
export const isToSettle = (latest: LatestReset | undefined, resetId: string, outcome: DemoResetOutcome): boolean => {
  if (latest?.id !== resetId) throw new AppError('demo-reset-not-found', 404, 'There is no such reset, or a later one replaced it.');
  if (latest.state === 'pending') return true;
  if (latest.state === outcome) return false;
  throw new AppError('demo-reset-settled', 409, `The reset is ${latest.state} already.`);
};
