import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { DemoDataApi, DemoServer } from '#client/admin/demo-data.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';

export const someTenants = (): DemoTenants => ({ demo: randomUUID(), 'demo-other': randomUUID() });

export interface FakeServer extends DemoDataApi {
  /** The data in use now. */
  tenants(): DemoTenants;
  pending(): string | null;
  /** The next call of this operation fails; `after` does its work first, as when the answer is lost. */
  break(operation: 'reset' | 'rollback' | 'commit', when?: 'before' | 'after'): void;
}

/** A server that keeps its demo tenants in memory and resets them as the real ones do. */
export const fakeServer = (server: DemoServer, tenants: DemoTenants): FakeServer => {
  let current = tenants;
  let waiting: { id: string; previous: DemoTenants } | null = null;
  const broken = new Map<string, 'before' | 'after'>();
  const perform = async <T>(operation: string, work: () => T): Promise<T> => {
    const when = broken.get(operation);
    broken.delete(operation);
    const lost = new AppError('connection-refused', 503, `${server} does not answer`);
    if (when === 'before') throw lost;
    const result = work();
    if (when === 'after') throw lost;
    return result;
  };
  const settle = (id: string): { id: string; previous: DemoTenants } => {
    if (waiting?.id !== id) throw new AppError('demo-reset-not-found', 404, 'no such reset');
    const settled = waiting;
    waiting = null;
    return settled;
  };
  return {
    server,
    state: async () => ({ seeded: true, tenants: current, reset_pending: waiting?.id ?? null }),
    seed: async () => ({ seeded: true, tenants: current, reset_pending: waiting?.id ?? null }),
    reset: (fresh) =>
      perform('reset', () => {
        waiting = { id: randomUUIDv7(), previous: current };
        current = fresh;
        return { reset_id: waiting.id, tenants: fresh, previous_tenants: waiting.previous };
      }),
    rollback: (id) =>
      perform('rollback', () => {
        current = settle(id).previous;
      }),
    commit: (id) => perform('commit', () => void settle(id)),
    tenants: () => current,
    pending: () => waiting?.id ?? null,
    break: (operation, when = 'before') => void broken.set(operation, when),
  };
};
