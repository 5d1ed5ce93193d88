import { readFile } from 'node:fs/promises';
import { readIdentitySeed } from '#demo/world/seed-files.ts';
import type { Engine } from '#engine/engine.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';
import type { StartedStack } from '../protocol.ts';

/** All that a test process is told of a stack that is up. */
export const startedStack = async (engine: Engine, more: Pick<StartedStack, 'env' | 'stateDir' | 'startedFrom'>): Promise<StartedStack> => {
  const { kms, identity, caFile } = engine.endpoints();
  const [ca, seed] = await Promise.all([readFile(caFile, 'utf8'), readIdentitySeed()]);
  return {
    engine: engine.kind,
    kmsUrl: kms.service,
    issuer: identity.issuer,
    caFile,
    ca,
    credentials: seed.accounts.map(({ username, tenant, roles, totp_secret: totpSecret }) => ({
      username,
      password: demoPassword(username),
      tenant,
      roles,
      ...(totpSecret === undefined ? {} : { totpSecret }),
    })),
    clients: seed.clients.map((client) => ({
      id: client.client_id,
      secret: client.token_endpoint_auth_method === 'none' ? null : demoPassword(client.client_id),
      grantTypes: client.grant_types,
      redirectUris: client.redirect_uris,
      scopes: client.scopes,
    })),
    ...more,
  };
};
