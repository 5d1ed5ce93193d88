import type { Engine } from '#engine/engine.ts';
import type { Credential, DemoClient } from '../report.ts';
import { demoPassword, readIdentitySeed } from './seed-files.ts';

/** Who can log in to the demo and with what, for the report and the end of the output; tenant ids where they are known. */
export const demoCredentials = async (
  engine: Pick<Engine, 'demoTenants'>,
): Promise<{ readonly credentials: readonly Credential[]; readonly clients: readonly DemoClient[] }> => {
  const seed = await readIdentitySeed();
  const tenants = await engine.demoTenants();
  return {
    credentials: seed.accounts.map(({ username, tenant, roles }) => ({
      username,
      password: demoPassword(username),
      tenant,
      tenant_id: tenants[tenant] ?? null,
      roles: [...roles],
    })),
    clients: seed.clients.map((client) => ({
      client_id: client.client_id,
      client_secret: client.token_endpoint_auth_method === 'none' ? null : demoPassword(client.client_id),
      grant_types: [...client.grant_types],
      redirect_uris: [...client.redirect_uris],
      tenant: client.tenant ?? null,
    })),
  };
};
