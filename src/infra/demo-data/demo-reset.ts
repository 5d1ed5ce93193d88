import { AppError } from '#infra/apperr/app-error.ts';
import type { DemoTenants } from './demo-tenants.ts';

/** What a server says about its demo data. */
export interface DemoState {
  readonly seeded: boolean;
  readonly tenants: DemoTenants;
  /** The reset that waits for commit or rollback. */
  readonly resetPending: string | null;
}

export interface DemoReset {
  /** UUIDv7. */
  readonly resetId: string;
  readonly tenants: DemoTenants;
  readonly previousTenants: DemoTenants;
}

/** Demo data that can be replaced by the seed, and the replacement settled either way. */
export interface DemoResets {
  state(): Promise<DemoState>;
  /**
   * Retires the demo data in use and puts the seed in its place; a reset that still waits is committed by it.
   *
   * @param given ids for the tenants; one without is minted
   * @throws AppError `demo-tenant-unknown` 400, `demo-tenant-id-used` 409, `demo-name-taken` 409, `database-busy` 503
   */
  reset(given?: DemoTenants): Promise<DemoReset>;
  /** @throws AppError `demo-reset-not-found` 404, `demo-reset-settled` 409 when it was committed */
  rollback(resetId: string): Promise<DemoState>;
  /** @throws AppError `demo-reset-not-found` 404, `demo-reset-settled` 409 when it was rolled back */
  commit(resetId: string): Promise<DemoState>;
}

/**
 * States of the latest demo reset. Pending: old rows are retired and new ones in use, and either may still win.
 *
 *     (none) ── reset ──► pending ── commit ────► committed
 *                            └────── rollback ──► rolled-back
 */
export type DemoResetState = 'pending' | 'committed' | 'rolled-back';

export type DemoResetOutcome = Exclude<DemoResetState, 'pending'>;

/**
 * Whether this reset is still to be settled so; false when it was before, and asking again changes nothing.
 *
 * @throws AppError `demo-reset-not-found` 404, `demo-reset-settled` 409 when the other outcome won
 */
export const isToSettle = (
  latest: { readonly id: string; readonly state: DemoResetState } | undefined,
  resetId: string,
  outcome: DemoResetOutcome,
): boolean => {
  if (latest?.id !== resetId) throw new AppError('demo-reset-not-found', 404, 'There is no such reset, or a later one replaced it.');
  if (latest.state === 'pending') return true;
  if (latest.state === outcome) return false;
  throw new AppError('demo-reset-settled', 409, `The reset is ${latest.state} already.`);
};
