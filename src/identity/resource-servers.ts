import type { IdentityConfig } from './config.ts';
import type { ResourceServer } from './provider/lookups.ts';

/** The resource servers of the configuration as the provider and the consent page want them. */
export const toResourceServers = (configured: IdentityConfig['resource_servers']): readonly ResourceServer[] =>
  configured.map(({ resource, name, scopes, token_format, token_ttl_seconds }) => ({
    resource,
    name,
    scopes,
    tokenFormat: token_format,
    tokenTtlSeconds: token_ttl_seconds,
  }));
