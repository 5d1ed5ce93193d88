import type { Transaction } from 'kysely';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Tenant, TenantRecord, TenantWords } from './tenant.ts';

type Tx = Transaction<ServiceTables>;

/** A tenant that is to be made. */
export type NewTenant = Pick<Tenant, 'id' | 'name' | 'demo'> & Partial<TenantWords>;

/**
 * The life of tenants, as `tenant.ts` draws it. Every step is taken within a transaction of the caller on the service database, so
 * that several tenants, and rows that belong to them, change together or not at all. A step is refused with
 * `tenant-state-refused` 409 where it is not drawn, or where the tenant is not in the state any more in which it was read.
 *
 * A caller that prepares tenants holds a lock until they are active, and the sweep of a start waits for that lock. So every tenant
 * that the sweep finds in preparation was left by a process that is gone.
 */
export interface TenantLifeCycle {
  /**
   * Writes row and content key of a tenant that is being prepared. `TenantDirectory.preparing` makes its database.
   *
   * @throws a unique violation of the database for an id that is in use
   */
  create(tx: Tx, tenant: NewTenant): Promise<Tenant>;
  /** @throws a unique violation of the database for a name that another tenant has, served or not */
  activate(tx: Tx, tenant: Tenant): Promise<Tenant>;
  retire(tx: Tx, tenant: Tenant): Promise<Tenant>;
  /** @throws as `activate` */
  restore(tx: Tx, tenant: Tenant): Promise<Tenant>;
  /** Deletes row and content key, and notes the database as one to drop: the next start drops it if nobody does before. */
  remove(tx: Tx, tenant: Tenant): Promise<void>;
  /**
   * Ends a tenant whose removal was scheduled: its users go, and its content key, without which no copy of its database is of any use. Its
   * database is noted as one to drop, as by `remove`, and its row stays as a record.
   *
   * @param mayEnd refuses by throwing, for example a tenant that somebody restored a moment ago
   * @throws AppError `tenant-unknown` 404
   */
  end(tx: Tx, id: string, mayEnd: (tenant: TenantRecord) => void): Promise<TenantRecord>;
  /**
   * To be called once the transaction is committed, before the change is acknowledged: resolves when no replica uses any more what
   * it read before, and the databases of the tenants that it removed are gone.
   */
  takeEffect(removed: readonly Tenant[]): Promise<void>;
}
