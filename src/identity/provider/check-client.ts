import { AppError } from '#infra/apperr/app-error.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { clientIssues } from '#identity/clients/client-rules.ts';
import { refuseUnknownScopes } from '#identity/resource-servers/known-scopes.ts';
import type { ResourceServer } from '#identity/resource-servers/resource-server.ts';
import type { OpenIdProvider } from './openid-provider.ts';
import { isKnownScope } from './records/client-metadata.ts';

/**
 * Refuses a client that somebody makes or changes where it could never work, or would be no safe one. Fields are named as operators and
 * programs write them, the tenant as `tenant_id`.
 *
 * @param hasSecret whether it was given one
 * @throws AppError `client-contradictory`, `scope-unknown` or `client-refused` 400
 */
export type CheckClient = (client: ClientRecord, hasSecret: boolean) => Promise<void>;

export const createClientCheck =
  (provider: Pick<OpenIdProvider, 'checkClient'>, resourceServers: readonly ResourceServer[]): CheckClient =>
  async (client, hasSecret) => {
    const fields = clientIssues(client, { hasSecret, pointer: (field) => `/${field === 'tenant' ? 'tenant_id' : field}` });
    if (fields.length > 0)
      throw new AppError('client-contradictory', 400, 'The properties of the client contradict each other.', { fields });
    refuseUnknownScopes(client.scopes, (scope) => isKnownScope(resourceServers, scope), '/scopes');
    await provider.checkClient(client);
  };
