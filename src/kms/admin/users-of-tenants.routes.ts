import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import type { App } from '#infra/http/server.ts';
import { peerOf } from '#infra/tls/peer.ts';
import { FINE_SCOPES } from '#kms/access/scopes.ts';
import { registerRealmUserRoutes } from '#kms/access/users/realm-user.routes.ts';
import type { RealmUsers } from '#kms/access/users/realm-users.ts';
import type { Caller } from '#kms/caller.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { isTenantId } from '#kms/tenants/tenant.ts';

const tenantPath = Type.String({
  description: 'the id of a tenant, or its name',
  pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
  minLength: 1,
  maxLength: 64,
});

/**
 * The users of a tenant, for operators: the acts that the tenant's own administrators have, recorded in its audit under the name of the
 * operator.
 */
export const registerUsersOfTenants = (
  app: App,
  { users, directory }: { readonly users: RealmUsers; readonly directory: Pick<TenantDirectory, 'byId' | 'byName'> },
): void => {
  const callerOf = async (request: FastifyRequest): Promise<Caller> => {
    const { tenant: named } = request.params as { readonly tenant: string };
    const tenant = await (isTenantId(named) ? directory.byId(named) : directory.byName(named));
    if (tenant === undefined) throw new AppError('tenant-not-found', 404, 'There is no such tenant.');
    const operator = peerOf(request.raw.socket)?.commonName ?? 'nobody';
    return {
      subject: operator,
      username: null,
      roles: [],
      scopes: FINE_SCOPES,
      tenant,
      authentication: { kind: 'operator' },
      request: { id: request.id, traceId: null, address: request.ip },
    };
  };
  registerRealmUserRoutes(app, users, { base: '/admin/v1/tenants/:tenant/realm-users', path: { tenant: tenantPath }, callerOf });
};
