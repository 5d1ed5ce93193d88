import type { ReportOptions } from '#demo/to-report.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';
import { readIdentitySeed } from '#demo/world/seed-files.ts';
import type { Engine } from '#engine/engine.ts';

/** The addresses, accounts and clients of a stack: a reader of its report needs them to go on. */
export const reportOptions = async (engine: Engine): Promise<ReportOptions> => {
  const [seed, tenants] = await Promise.all([readIdentitySeed(), tenantsOf(engine)]);
  return {
    endpoints: engine.endpoints(),
    credentials: seed.accounts.map(({ username, tenant, roles, totp_secret: secret }) => ({
      username,
      password: demoPassword(username),
      tenant,
      tenant_id: tenants[tenant] ?? null,
      roles,
      ...(secret === undefined ? {} : { totp_secret: secret }),
    })),
    clients: seed.clients.map(({ client_id, token_endpoint_auth_method, grant_types, redirect_uris, tenant }) => ({
      client_id,
      client_secret: token_endpoint_auth_method.startsWith('client_secret_') ? demoPassword(client_id) : null,
      grant_types,
      redirect_uris,
      tenant: tenant ?? null,
    })),
  };
};

/**
 * The tenant ids of a stack that is there; a stack that is not has none, and asking would make them. Those of an engine that cannot be
 * asked are not known, which is no trouble of its own: the run tells it as the root cause.
 */
export const tenantsOf = async (engine: Pick<Engine, 'status' | 'demoTenants'>): Promise<Readonly<Record<string, string>>> => {
  const statuses = await engine.status().catch(() => []);
  return statuses.some(({ state }) => state !== 'absent') ? engine.demoTenants() : {};
};
