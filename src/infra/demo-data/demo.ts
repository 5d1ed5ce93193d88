import type { DemoTenants } from './demo-tenants.ts';

/**
 * Demo data of a server: tenants, accounts and keys or clients that a seed file names. This folder holds what KMS and Identity have in
 * common: the contract here, the admin routes, tenant ids and seed files; in `resets/` how a reset is begun and settled under locks
 * among processes. It knows no table: each server has a `DemoStore` of its rows, and a `createDemo` that puts both together.
 *
 *     --demo, --reset-demo ─► start-demo.ts ─┐
 *     /admin/v1/demo ─► demo-data.routes.ts ─┴─► Demo ─► resets/ ─► DemoStore, in one transaction
 */

/** The state of the demo data, as an operator sees it. */
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

/**
 * Demo data that can be replaced by the seed, and the replacement settled either way. A change that is interrupted leaves the old
 * data or the new; rows that are no demo stay as they are.
 */
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

export interface Demo extends DemoResets {
  /**
   * Adds what is missing and leaves the rest, tenant ids included.
   *
   * @param given ids for tenants that are not there yet; one without is minted
   * @returns the ids of the tenants in use
   * @throws AppError `demo-tenant-unknown` 400, `demo-tenant-id-used` 409, `demo-name-taken` 409
   */
  seed(given?: DemoTenants): Promise<DemoTenants>;
  /**
   * Puts the seed in place of the demo data for good, in one turn among all processes.
   *
   * @param given ids for the tenants; one without is minted
   * @returns the ids of the tenants in use
   * @throws AppError as `reset`
   */
  replace(given?: DemoTenants): Promise<DemoTenants>;
}
