import { AppError } from '#infra/apperr/app-error.ts';
import { isUuidV4 } from '#infra/magic/uuid.ts';

/**
 * Only an active tenant is served. A preparing one gets its database and its keys; one that a demo retired may still be restored; a
 * removed one is a record.
 */
export const TENANT_STATES = ['preparing', 'active', 'suspended', 'pending-removal', 'removed', 'retired'] as const;
export type TenantState = (typeof TENANT_STATES)[number];

/** A tenant in one of these states has its name, its database and its keys, whether it is served or not. */
export const KEPT_STATES = ['active', 'suspended', 'pending-removal'] as const satisfies readonly TenantState[];
export type KeptState = (typeof KEPT_STATES)[number];

export const isKept = (state: TenantState): state is KeptState => (KEPT_STATES as readonly TenantState[]).includes(state);

/**
 * The life of a tenant, from `create` to `removed`, where a record is left, or to `gone`, where nothing is. A removal that is cancelled
 * leads back to where it was scheduled from:
 *
 *     create      activate       suspend, resume
 *     ───► preparing ───► active ◄─────────────► suspended
 *              │          ▲ │ │                      │
 *              │  restore │ │ └► pending-removal ◄───┘
 *              │          │ │ retire    │    schedule
 *              │          │ ▼           │ end
 *              │        retired         ▼
 *       remove │          │ remove   removed
 *              └─► gone ◄─┘
 */
const STEPS = {
  activate: { from: ['preparing'], to: 'active' },
  suspend: { from: ['active'], to: 'suspended' },
  resume: { from: ['suspended'], to: 'active' },
  schedule: { from: ['active', 'suspended', 'pending-removal'], to: 'pending-removal' },
  end: { from: ['pending-removal'], to: 'removed' },
  retire: { from: ['active'], to: 'retired' },
  restore: { from: ['retired'], to: 'active' },
  remove: { from: ['preparing', 'retired'], to: 'gone' },
} as const satisfies Readonly<Record<string, { readonly from: readonly TenantState[]; readonly to: TenantState | 'gone' }>>;

export type TenantStep = keyof typeof STEPS;
export const TENANT_STEPS = Object.keys(STEPS) as readonly TenantStep[];

/** A customer of the service, with a database and a content key of its own. */
export interface Tenant {
  /** UUIDv4: it stands in tokens, so it must not be guessed. */
  readonly id: string;
  /** Unique among those that are kept, and never changed: realms.yml and kms.yml name tenants by it. */
  readonly name: string;
  readonly schemaName: string;
  readonly state: TenantState;
  readonly demo: boolean;
}

/** Words of its operators about a tenant; nothing is decided by them. */
export interface TenantWords {
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A tenant as those who administer it see it. Times are epoch milliseconds. */
export interface TenantRecord extends Tenant, TenantWords {
  readonly createdAt: number;
  readonly suspendedAt: number | null;
  /** When it is to be removed; null where no removal is scheduled. */
  readonly removalDueAt: number | null;
  /** The state to which a cancelled removal leads back; null where none is scheduled. */
  readonly restoresTo: 'active' | 'suspended' | null;
  readonly removedAt: number | null;
  /** Counts its changes. */
  readonly revision: number;
}

export const stepRefused = (step: TenantStep, { id, state }: Pick<Tenant, 'id'> & { readonly state: TenantState | 'gone' }): AppError =>
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
