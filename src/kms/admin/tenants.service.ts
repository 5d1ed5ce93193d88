import { randomUUID } from 'node:crypto';
import type { Database } from '#infra/database/databases.ts';
import { type NewUsers, usernameUsed } from '#kms/access/realms/new-users.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { asUsed, checkTenantName, tenantNameUsed } from '#kms/tenants/administration/tenant-errors.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import type { TenantLifeCycle } from '#kms/tenants/life-cycle.ts';
import type { PreparationLock } from '#kms/tenants/preparation-lock.ts';
import { createTenantPreparation, usePrepared } from '#kms/tenants/prepare-tenants.ts';
import { tenantsStore } from '#kms/tenants/tenants.store.ts';

/** The role of a tenant's first user. */
export const ADMINISTRATOR_ROLE = 'tenant-admin';

export interface TenantsService {
  /**
   * Makes a tenant, with its database and its content key, and a user of the database realm who administers it: both or neither. Every
   * replica serves both when this returns. Where the tenant is there with this very administrator and password, it stays as it is: an
   * answer that was lost can be asked for again.
   *
   * @returns the id of the tenant, and whether it was made now
   * @throws AppError `name-like-id` 400; `tenant-name-used`, `username-used`, `realm-switched-off` 409; of a password that is empty or too long; 503 while
   *   the service is sealed
   */
  create(tenant: {
    readonly name: string;
    readonly administrator: { readonly username: string; readonly password: string };
  }): Promise<{ readonly id: string; readonly isNew: boolean }>;
}

export const createTenantsService = (options: {
  readonly service: Database<ServiceTables>;
  readonly rows: RowIntegrity;
  readonly lock: PreparationLock;
  readonly tenants: Pick<TenantDirectory, 'preparing'>;
  readonly lifeCycle: TenantLifeCycle;
  readonly users: NewUsers;
  readonly emit: Emit;
}): TenantsService => {
  const { lock, rows, tenants, lifeCycle, users, emit } = options;
  const service = lock.guard(options.service);
  const prepareTenants = createTenantPreparation({ service, rows, tenants, lifeCycle });

  return {
    create: async ({ name, administrator: { username, password } }) => {
      checkTenantName(name);
      users.check(username);
      const passwordHash = await users.hash(password);
      return lock.exclusively(async () => {
        // Before anything is made for it; whoever is faster all the same is found out by the database.
        const known = await tenantsStore(service.db, rows).keptByName(name);
        if (known !== undefined) {
          if (known.demo || !(await users.isThere({ username, password, tenantId: known.id }))) throw tenantNameUsed();
          return { id: known.id, isNew: false };
        }
        const id = randomUUID();
        await usePrepared(await prepareTenants([{ id, name, demo: false }]), (activate) =>
          service.transaction(async (tx) => {
            await activate(tx).catch(asUsed(tenantNameUsed));
            await users.insert(tx, { username, passwordHash, tenantId: id, roles: [ADMINISTRATOR_ROLE] }).catch(asUsed(usernameUsed));
          }),
        );
        await lifeCycle.takeEffect([]);
        emit({ type: 'tenant-created', id });
        return { id, isNew: true };
      });
    },
  };
};
