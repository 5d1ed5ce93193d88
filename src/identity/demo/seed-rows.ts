import { randomUUIDv7 } from 'node:crypto';
import type { Insertable } from 'kysely';
import { InternalError } from '#infra/apperr/app-error.ts';
import type { AccountRow } from '#identity/database/accounts.table.ts';
import type { ClientRow } from '#identity/database/clients.table.ts';
import type { DemoTenantRow } from '#identity/database/demo.table.ts';
import { clientColumns } from '#identity/clients/client-columns.ts';
import { type Seed, seedClient } from './seed-file.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';

export interface SeedRows {
  readonly tenants: readonly Insertable<DemoTenantRow>[];
  readonly accounts: readonly Insertable<AccountRow>[];
  readonly clients: readonly Insertable<ClientRow>[];
}

const idOf = (tenants: DemoTenants, name: string): string => {
  const id = tenants[name];
  if (id === undefined) throw new InternalError(`the demo tenant ${name} has no id`);
  return id;
};

/**
 * Every row of the seed, with new ids; pure but for these.
 *
 * @param made.at epoch milliseconds
 * @param made.resetId the reset that inserts them, null for the first seeding
 */
export const seedRows = (seed: Seed, tenants: DemoTenants, made: { readonly at: number; readonly resetId: string | null }): SeedRows => {
  const common = { created_at: made.at, retired_at: null, retired_by: null, reset_id: made.resetId };
  return {
    tenants: seed.tenants.map((name) => ({ ...common, id: idOf(tenants, name), name })),
    accounts: seed.accounts.map((account) => ({
      ...common,
      id: randomUUIDv7(),
      username: account.username,
      password_hash: account.password_hash,
      name: account.name,
      email: account.email,
      tenant_id: idOf(tenants, account.tenant),
      roles: JSON.stringify(account.roles),
      permissions: JSON.stringify(account.permissions),
      demo: 1,
    })),
    clients: seed.clients.map((client) => ({
      ...common,
      pk: randomUUIDv7(),
      ...clientColumns(seedClient(client, client.tenant === undefined ? null : idOf(tenants, client.tenant))),
      secret_hash: client.secret_hash ?? null,
      demo: 1,
    })),
  };
};
