import type { IdempotencyKey } from '#kms/caller.ts';
import type { TenantRecord } from '#kms/tenants/tenant.ts';
import { withKey } from '#test/kms/support/keyed-caller.ts';
import type { TenantsWorld } from '#test/kms/support/tenants-world.ts';

/** What a process that is killed was asked for; the operator is the same in every process. */
export interface Asked {
  readonly name: string;
  readonly subject: string;
  readonly key: IdempotencyKey;
  /** Epoch milliseconds; the clock stands still there. */
  readonly now: number;
}

const callerOf = ({ operator }: TenantsWorld, { subject, key }: Asked) => withKey({ ...operator, subject }, key);

/** Acts on tenants that a process is killed at. */
export const ACTS = {
  create: (world: TenantsWorld, asked: Asked): Promise<TenantRecord> =>
    world.administration.create(callerOf(world, asked), { name: asked.name }),
  suspend: (world: TenantsWorld, asked: Asked): Promise<TenantRecord> =>
    world.administration.change(callerOf(world, asked), asked.name, { state: 'suspended' }),
  remove: async (world: TenantsWorld, { now }: Asked): Promise<void> => {
    world.clock.now = now;
    await world.job.run(new AbortController().signal);
  },
} as const;

export type ActName = keyof typeof ACTS;
