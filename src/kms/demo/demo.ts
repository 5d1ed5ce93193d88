import type { DemoResets } from '#infra/demo-data/demo-reset.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';

/**
 * The demo's tenants, accounts and keys. What is new is first written where nobody sees it; then one transaction in the
 * service database switches. A crash before it leaves the old data, one after it the new. Rows that are no demo stay as they are.
 */
export interface Demo extends DemoResets {
  /**
   * Adds what is missing and leaves the rest, tenant ids included.
   *
   * @param given ids for tenants that are not there yet; one without is minted
   * @throws AppError `demo-tenant-unknown` 400, `demo-tenant-id-used` 409, `demo-name-taken` 409
   */
  seed(given?: DemoTenants): Promise<void>;
  /**
   * Puts the seed in place of the demo data, for good, in one turn among all processes. A replacement is known by the tenant ids
   * that it brings: one that was done before, by another replica or by a start that then crashed, is not done again, and what
   * is missing of it is added.
   *
   * @param given ids for the tenants; one without is minted
   * @returns the ids of the tenants in use
   * @throws AppError as `reset`
   */
  replace(given?: DemoTenants): Promise<DemoTenants>;
}
