import { randomUUID } from 'node:crypto';
import type { Action, Operate } from '#kms/action.ts';
import type { Precondition } from '#infra/http/request/entity-tag.ts';
import type { Caller } from '#kms/caller.ts';
import type { TenantRow } from '#kms/database/tenants.table.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import { labelsAfter } from '#kms/keys/elastic-keys/labels.ts';
import type { PreparationLock } from '../preparation-lock.ts';
import type { Preparation, PrepareTenants } from '../prepare-tenants.ts';
import { stateAfter, type TenantRecord } from '../tenant.ts';
import { tenantsStore, wordColumns } from '../tenants.store.ts';
import { type TenantAdministration, USUAL_WAIT_DAYS } from './administration.ts';
import type { Administrators } from './administrators.ts';
import { pageOfTenants } from './page-of-tenants.ts';
import type { ShownTenants } from './shown-tenants.store.ts';
import { TENANT_ACTIONS } from './tenant.actions.ts';
import {
  asUsed,
  checkTenantName,
  tenantAdministers,
  tenantNameUsed,
  tenantNotFound,
  tenantOfDemo,
  tenantPendingRemoval,
  tenantRemoved,
  tenantsQuota,
} from './tenant-errors.ts';

const DAY_MS = 86_400_000;

/**
 * @param options.shown the tenants that there are for administrators
 * @param options.max tenants, records of removed ones not counted
 * @param options.now epoch milliseconds
 */
export const createTenantAdministration = (options: {
  readonly operate: Operate;
  readonly rows: Rows;
  readonly shown: ShownTenants;
  readonly administrators: Administrators;
  readonly lock: PreparationLock;
  readonly prepare: PrepareTenants;
  readonly max: number;
  readonly now: () => number;
}): TenantAdministration => {
  const { operate, rows, shown, administrators, lock, prepare, max, now } = options;

  const find = async (tenant: string): Promise<TenantRecord> => {
    const found = await shown.find(tenant);
    if (found === undefined) throw tenantNotFound();
    return found;
  };

  const read = <A>(caller: Caller, action: Action<'read'>, work: () => Promise<A>): Promise<A> =>
    operate(caller, action, null, () => {
      administrators.mustBe(caller);
      return work();
    });

  /** @param decide the columns that change; it refuses by throwing */
  const change = (
    caller: Caller,
    {
      action,
      tenant,
      precondition,
    }: { action: Action<'administer'>; tenant: string; precondition: Precondition<TenantRecord> | undefined },
    decide: (before: TenantRecord) => Partial<TenantRow>,
  ): Promise<TenantRecord> =>
    operate(caller, action, null, async () => {
      administrators.mustBe(caller);
      const { id } = await find(tenant);
      return {
        object: { kind: 'tenant', id },
        write: async (tx) => {
          const changed = await tenantsStore(tx, rows).change(id, (before) => {
            precondition?.(before);
            if (before.demo) throw tenantOfDemo();
            if (before.state === 'removed') throw tenantRemoved();
            return decide(before);
          });
          if (changed === undefined) throw tenantNotFound();
          return changed;
        },
      };
    });

  const mustNotAdminister = (tenant: TenantRecord): void => {
    if (administrators.isOne(tenant)) throw tenantAdministers(tenant);
  };

  const make = async (caller: Caller, { name, ...words }: Parameters<TenantAdministration['create']>[1]): Promise<TenantRecord> => {
    let preparation: Preparation | undefined;
    try {
      return await operate(caller, TENANT_ACTIONS.create, null, async ({ db }) => {
        administrators.mustBe(caller);
        checkTenantName(name);
        const labels = labelsAfter({}, words.labels ?? null, 'a tenant');
        if ((await shown.count()) >= max) throw tenantsQuota(max);
        // Before anything is made for it; whoever is faster all the same is found out by the database.
        if ((await tenantsStore(db, rows).keptByName(name)) !== undefined) throw tenantNameUsed();
        const id = randomUUID();
        const prepared = await prepare([{ id, name, demo: false, ...words, labels }]);
        preparation = prepared;
        return {
          object: { kind: 'tenant', id },
          write: async (tx) => {
            await prepared.activate(tx).catch(asUsed(tenantNameUsed));
            const made = await tenantsStore(tx, rows).recordById(id);
            if (made === undefined) throw tenantNotFound();
            return made;
          },
        };
      });
    } catch (error) {
      await preparation?.discard();
      throw error;
    }
  };

  return {
    // Who may not waits for nobody.
    create: (caller, input) => (administrators.isOne(caller.tenant) ? lock.exclusively(() => make(caller, input)) : make(caller, input)),

    list: (caller, query = {}) => read(caller, TENANT_ACTIONS.list, () => pageOfTenants(shown, query)),

    read: (caller, tenant) => read(caller, TENANT_ACTIONS.read, () => find(tenant)),

    change: (caller, tenant, { description, labels, state }, { precondition } = {}) => {
      const action =
        state === undefined ? TENANT_ACTIONS.describe : state === 'suspended' ? TENANT_ACTIONS.suspend : TENANT_ACTIONS.activate;
      return change(caller, { action, tenant, precondition }, (before) => {
        if (before.state === 'pending-removal') throw tenantPendingRemoval();
        const words = wordColumns({
          ...(description === undefined ? {} : { description }),
          ...(labels === undefined ? {} : { labels: labelsAfter(before.labels, labels, 'a tenant') }),
        });
        if (state === undefined || state === before.state) return words;
        if (state === 'active') return { ...words, state: stateAfter('resume', before), suspended_at: null };
        mustNotAdminister(before);
        return { ...words, state: stateAfter('suspend', before), suspended_at: now() };
      });
    },

    scheduleRemoval: (caller, tenant, { waitDays = USUAL_WAIT_DAYS, precondition } = {}) =>
      change(caller, { action: TENANT_ACTIONS.scheduleRemoval, tenant, precondition }, (before) => {
        mustNotAdminister(before);
        return {
          state: stateAfter('schedule', before),
          restores_to: before.state === 'pending-removal' ? before.restoresTo : before.state,
          removal_due_at: now() + waitDays * DAY_MS,
        };
      }),

    restore: (caller, tenant, { precondition } = {}) =>
      change(caller, { action: TENANT_ACTIONS.restore, tenant, precondition }, (before) => ({
        state: before.restoresTo ?? before.state,
        restores_to: null,
        removal_due_at: null,
      })),
  };
};
