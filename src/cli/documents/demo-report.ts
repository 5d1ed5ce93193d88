import type { Outcome } from '#demo/outcome.ts';
import type { Report } from '#demo/report.ts';
import { toReport } from '#demo/to-report.ts';
import { demoPassword } from '#demo/world/names.ts';
import { readIdentitySeed } from '#demo/world/seed-files.ts';
import type { Engine } from '#engine/engine.ts';

/** The outcome with the addresses, accounts and clients that a reader needs to go on. */
export const reportOf = async (outcome: Outcome, engine: Engine): Promise<Report> => {
  const [seed, tenants] = await Promise.all([readIdentitySeed(), tenantsOf(engine)]);
  return toReport(outcome, {
    endpoints: engine.endpoints(),
    credentials: seed.accounts.map(({ username, tenant, roles }) => ({
      username,
      password: demoPassword(username),
      tenant,
      tenant_id: tenants[tenant] ?? null,
      roles,
    })),
    clients: seed.clients.map(({ client_id, token_endpoint_auth_method, grant_types, redirect_uris, tenant }) => ({
      client_id,
      client_secret: token_endpoint_auth_method === 'none' ? null : demoPassword(client_id),
      grant_types,
      redirect_uris,
      tenant: tenant ?? null,
    })),
  });
};

/** The tenant ids of a stack that is there; a stack that is not has none, and asking would make them. */
export const tenantsOf = async (engine: Pick<Engine, 'status' | 'demoTenants'>): Promise<Readonly<Record<string, string>>> => {
  const statuses = await engine.status();
  return statuses.some(({ state }) => state !== 'absent') ? engine.demoTenants() : {};
};
