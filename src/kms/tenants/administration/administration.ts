import type { Precondition } from '#infra/http/request/entity-tag.ts';
import type { Page } from '#infra/http/request/paging.ts';
import type { Caller } from '#kms/caller.ts';
import type { AskedLabel, LabelChanges, Labels } from '#kms/keys/elastic-keys/labels.ts';
import type { TenantRecord, TenantState } from '../tenant.ts';

/** The states that are shown; the others are those of a preparation, and of a demo. */
export const SHOWN_STATES = ['active', 'suspended', 'pending-removal', 'removed'] as const satisfies readonly TenantState[];
type ShownState = (typeof SHOWN_STATES)[number];

/** The states that a caller may set. */
export const SETTABLE_STATES = ['active', 'suspended'] as const satisfies readonly TenantState[];
type SettableState = (typeof SETTABLE_STATES)[number];

/** Days that a removal waits where its caller does not say how many. */
export const USUAL_WAIT_DAYS = 7;

export const TENANT_SORTS = ['name', '-name', 'created_at', '-created_at'] as const;
export type TenantSort = (typeof TENANT_SORTS)[number];

interface CreateTenant {
  readonly name: string;
  readonly description?: string;
  readonly labels?: Labels;
}

interface ChangeTenant {
  readonly description?: string;
  readonly labels?: LabelChanges;
  readonly state?: SettableState;
}

export interface ListTenants {
  /** Exact name. */
  readonly name?: string;
  readonly state?: ShownState;
  /** Labels that each of them has. */
  readonly labels?: readonly AskedLabel[];
  /** Default `created_at`, oldest first; a leading `-` reverses the order. */
  readonly sort?: TenantSort;
  /** 1 to 100, default 50. */
  readonly limit?: number;
  /** `nextCursor` of the page before, with the same sort. */
  readonly cursor?: string;
}

interface Condition {
  /** Looks at the tenant that is changed, in the transaction of the change. */
  readonly precondition?: Precondition<TenantRecord>;
}

/**
 * Tenants, for those who administer the service; everybody else is `tenants-not-administered`, 403, whatever he asks for. A `tenant` is
 * the id of one, or its name while it is not removed. Each change holds from its answer on, in every replica. Tenants of a demo are shown
 * where it runs, and changed by the demo alone: `tenant-of-demo` 409.
 */
export interface TenantAdministration {
  /**
   * Makes a tenant with its database and its content key; nobody belongs to it yet.
   *
   * @throws AppError `name-like-id`, `labels-too-many` 400, `tenant-name-used`, `tenants-quota` 409, `sealed` 503
   */
  create(caller: Caller, input: CreateTenant): Promise<TenantRecord>;
  list(caller: Caller, query?: ListTenants): Promise<Page<TenantRecord>>;
  /** @throws AppError `tenant-not-found` 404 */
  read(caller: Caller, tenant: string): Promise<TenantRecord>;
  /**
   * Changes words of a tenant, or suspends or activates it: all credentials of one that is suspended are refused, with `tenant-suspended`.
   *
   * @throws AppError `tenant-not-found` 404, `tenant-pending-removal`, `tenant-removed`, `tenant-administers` 409, `precondition-failed` 412
   */
  change(caller: Caller, tenant: string, changes: ChangeTenant, condition?: Condition): Promise<TenantRecord>;
  /**
   * Schedules the removal of a tenant with all that it has; until then its credentials are refused, with `tenant-pending-removal`. Where
   * it is scheduled already, the new date holds.
   *
   * @param input.waitDays 1 to 365, default 7
   * @throws AppError `tenant-not-found` 404, `tenant-removed`, `tenant-administers` 409, `precondition-failed` 412
   */
  scheduleRemoval(caller: Caller, tenant: string, input?: Condition & { readonly waitDays?: number }): Promise<TenantRecord>;
  /**
   * Cancels a removal: the tenant is again as it was before. Where none is scheduled, nothing is changed.
   *
   * @throws AppError `tenant-not-found` 404, `tenant-removed` 409, `precondition-failed` 412
   */
  restore(caller: Caller, tenant: string, condition?: Condition): Promise<TenantRecord>;
}
