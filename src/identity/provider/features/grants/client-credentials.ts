import type { ClientRecord } from '#identity/clients/client.ts';
import { knowsScope, type ResourceServer } from '#identity/resource-servers/resource-server.ts';
import type { Feature } from '../feature.ts';

/** A client that acts for itself, in its own tenant. @see RFC 6749 section 4.4 */
export const clientCredentials = (): Feature => ({ configuration: { features: { clientCredentials: { enabled: true } } } });

/**
 * The scope of a request that names none: all that the client is registered for at the resource server that it names, or else at the first
 * one where it is registered for anything.
 *
 * @returns undefined where that is nothing
 * @see RFC 6749 section 3.3
 */
export const defaultScope = (record: ClientRecord, resource: unknown, servers: readonly ResourceServer[]): string | undefined => {
  const scopesAt = (server: ResourceServer): string[] => [
    ...server.scopes.filter((scope) => record.scopes.includes(scope)),
    ...record.scopes.filter((scope) => !server.scopes.includes(scope) && knowsScope(server, scope)),
  ];
  const server =
    resource === undefined
      ? servers.find((candidate) => scopesAt(candidate).length > 0)
      : servers.find((candidate) => candidate.resource === resource);
  const scopes = server === undefined ? [] : scopesAt(server);
  return scopes.length === 0 ? undefined : scopes.join(' ');
};
