import type { DemoTenants } from './demo-tenants.ts';

export interface DemoState {
  readonly seeded: boolean;
  readonly tenants: DemoTenants;
  /** The reset that waits for commit or rollback. */
  readonly resetPending: string | null;
}

export interface DemoReset {
  readonly resetId: string;
  readonly tenants: DemoTenants;
  readonly previousTenants: DemoTenants;
}

/**
 * The demo's tenants, accounts and keys. What is new is first written where nobody sees it; then one transaction in the
 * service database switches. A crash before it leaves the old data, one after it the new. Rows that are no demo stay as they are.
 */
export interface Demo {
  state(): Promise<DemoState>;
  /**
   * Adds what is missing and leaves the rest, tenant ids included.
   *
   * @param given ids for tenants that are not there yet; one without is minted
   * @throws AppError `demo-tenant-unknown` 400, `demo-tenant-id-used` 409, `demo-name-taken` 409
   */
  seed(given?: DemoTenants): Promise<void>;
  /**
   * Retires the demo data in use and puts the seed in its place; a reset that still waits is committed by it.
   *
   * @throws AppError `demo-tenant-unknown` 400, `demo-tenant-id-used` 409, `demo-name-taken` 409
   */
  reset(given?: DemoTenants): Promise<DemoReset>;
  /** @throws AppError `demo-reset-not-found` 404, `demo-reset-settled` 409 when it was committed */
  rollback(resetId: string): Promise<DemoState>;
  /** @throws AppError `demo-reset-not-found` 404, `demo-reset-settled` 409 when it was rolled back */
  commit(resetId: string): Promise<DemoState>;
}
