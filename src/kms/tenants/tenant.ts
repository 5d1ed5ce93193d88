import { AppError } from '#infra/apperr/app-error.ts';
import { isUuidV4 } from '#infra/magic/uuid.ts';

/** Only an active tenant is served. A preparing one gets its database and its keys; a retired one may still be restored. */
export const TENANT_STATES = ['preparing', 'active', 'retired'] as const;
export type TenantState = (typeof TENANT_STATES)[number];

/**
 * The life of a tenant, from `create` to `removed`, where nothing of it is left:
 *
 *     create      activate       retire
 *     ───► preparing ───► active ───► retired
 *              │             ◄───        │
 *              │           restore       │
 *              └────────► removed ◄──────┘
 *                 remove           remove
 */
const STEPS = {
  activate: { from: ['preparing'], to: 'active' },
  retire: { from: ['active'], to: 'retired' },
  restore: { from: ['retired'], to: 'active' },
  remove: { from: ['preparing', 'retired'], to: 'removed' },
} as const satisfies Readonly<Record<string, { readonly from: readonly TenantState[]; readonly to: TenantState | 'removed' }>>;

export type TenantStep = keyof typeof STEPS;
export const TENANT_STEPS = Object.keys(STEPS) as readonly TenantStep[];

/** A customer of the service, with a database and a content key of its own. */
export interface Tenant {
  /** UUIDv4: it stands in tokens, so it must not be guessed. */
  readonly id: string;
  /** Unique among active tenants. */
  readonly name: string;
  readonly schemaName: string;
  readonly state: TenantState;
  readonly demo: boolean;
}

export const stepRefused = (step: TenantStep, { id, state }: Pick<Tenant, 'id'> & { readonly state: TenantState | 'removed' }): AppError =>
  new AppError('tenant-state-refused', 409, `Tenant ${id} is ${state}: it cannot ${step}.`);

/**
 * The state after a step; pure.
 *
 * @throws AppError `tenant-state-refused` 409 for a step that does not lead from the tenant's state
 */
export const stateAfter = <S extends TenantStep>(step: S, tenant: Pick<Tenant, 'id' | 'state'>): (typeof STEPS)[S]['to'] => {
  const { from, to } = STEPS[step];
  if (!(from as readonly TenantState[]).includes(tenant.state)) throw stepRefused(step, tenant);
  return to;
};

/** Strict form of a tenant id: UUIDv4 in lower case. @see RFC 9562 section 5.4 */
export const isTenantId = isUuidV4;
