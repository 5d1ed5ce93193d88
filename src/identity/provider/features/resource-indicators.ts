import type { Client, KoaContextWithOIDC, ResourceServer as ProviderResourceServer } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { scopeCover } from '#infra/magic/key-scopes.ts';
import { knowsScope, type ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { accountOf } from '../records/account-claims.ts';
import { mayAskFor, recordOf } from '../records/client-metadata.ts';
import type { Feature } from './feature.ts';

type ScopeSource = { readonly scopes: Set<string> };
/** A code or a refresh token. */
type TokenSource = ScopeSource & { readonly resourceIndicators: ReadonlySet<unknown> };

const requestedScopes = (ctx: KoaContextWithOIDC): string[] => {
  const scope = ctx.oidc.params?.scope;
  return typeof scope === 'string' ? scope.split(' ') : [];
};

/** The scopes for single keys that a request is about: nobody could list all that there are. */
const keyScopesAt = (ctx: KoaContextWithOIDC, server: ResourceServer): readonly string[] => {
  const { AuthorizationCode: code, DeviceCode: device, RefreshToken: refreshToken } = ctx.oidc.entities;
  const asked = new Set([...requestedScopes(ctx), ...(code?.scopes ?? []), ...(device?.scopes ?? []), ...(refreshToken?.scopes ?? [])]);
  return [...asked].filter((scope) => !server.scopes.includes(scope) && knowsScope(server, scope));
};

/** @throws InvalidScope, naming the first scope that the client may not ask for (RFC 6749 section 3.3) */
const checkScopes = (ctx: KoaContextWithOIDC, client: Client): void => {
  const record = recordOf(client);
  const foreign = requestedScopes(ctx).find((scope) => !mayAskFor(record, scope));
  if (foreign !== undefined) throw new errors.InvalidScope('requested scope is not allowed', foreign);
};

/**
 * A client that acts for itself and asks for nothing that the resource server knows: an answer without `scope` would say that all is granted.
 *
 * @throws InvalidScope (RFC 6749 section 5.1)
 */
const refuseForeignScopes = (ctx: KoaContextWithOIDC, known: readonly string[]): void => {
  const scopes = requestedScopes(ctx);
  if (ctx.oidc.params?.grant_type !== 'client_credentials' || scopes.length === 0 || scopes.some((scope) => known.includes(scope))) return;
  throw new errors.InvalidScope('the resource server knows no such scope', scopes.join(' '));
};

const isResourceScope = (servers: readonly ResourceServer[], scope: string): boolean => servers.some((server) => knowsScope(server, scope));

/** A refresh that asks only for OpenID scopes gets a token for userinfo; all else the one for the granted resource. */
const wantsResource = (ctx: KoaContextWithOIDC, source: ScopeSource, servers: readonly ResourceServer[]): boolean => {
  const requested = requestedScopes(ctx);
  return (requested.length === 0 ? [...source.scopes] : requested).some((scope) => isResourceScope(servers, scope));
};

/**
 * Refuses a request for tokens that names a resource which was not granted, or none where several were, or scopes that its client may not
 * ask for any more.
 *
 * @throws InvalidTarget, InvalidScope
 * @see RFC 8707 section 2.2
 */
export const checkTokenRequest = (ctx: KoaContextWithOIDC, source: TokenSource, servers: readonly ResourceServer[]): void => {
  const asked = [ctx.oidc.params?.resource ?? []].flat();
  const resources = asked.length === 0 && wantsResource(ctx, source, servers) ? [...source.resourceIndicators] : asked;
  if (resources.length > 1) throw new errors.InvalidTarget('a request for tokens has to name one resource of those that were granted');
  if (!resources.every((resource) => source.resourceIndicators.has(resource))) throw new errors.InvalidTarget();
  if (resources.length > 0 && ctx.oidc.client !== undefined) checkScopes(ctx, ctx.oidc.client);
};

/**
 * Chooses the resource server that a token is for, and the scopes that it holds: those of the resource server that the client may
 * ask for and the account may have. A token gets an audience whenever it gets a resource scope.
 *
 * @see RFC 8707
 */
export const resourceIndicators = (servers: readonly ResourceServer[], signingKid: string): Feature => {
  /** A request without `resource` is for the resource server whose scopes it names. */
  const defaultResource = (ctx: KoaContextWithOIDC, client: Client, oneOf?: readonly string[]): string | readonly string[] | undefined => {
    if (oneOf !== undefined) return oneOf;
    checkScopes(ctx, client);
    const scopes = requestedScopes(ctx);
    return servers.find((server) => scopes.some((scope) => knowsScope(server, scope)))?.resource;
  };

  const getResourceServerInfo = (ctx: KoaContextWithOIDC, resource: string, client: Client): ProviderResourceServer => {
    const server = servers.find((candidate) => candidate.resource === resource);
    if (server === undefined) throw new errors.InvalidTarget('there is no such resource server');
    checkScopes(ctx, client);
    const record = recordOf(client);
    const account = accountOf(ctx.oidc.account);
    const [ofClient, ofAccount] = [scopeCover(record.scopes), account === undefined ? () => true : scopeCover(account.scopes)];
    const known = [...server.scopes, ...keyScopesAt(ctx, server)];
    refuseForeignScopes(ctx, known);
    return {
      scope: known.filter((scope) => ofClient(scope) && ofAccount(scope)).join(' '),
      audience: server.resource,
      accessTokenTTL: record.accessTokenTtlSeconds ?? server.tokenTtlSeconds,
      accessTokenFormat: record.tokenFormat ?? server.tokenFormat,
      jwt: { sign: { alg: 'ES256', kid: signingKid } },
    };
  };

  const useGrantedResource = (ctx: KoaContextWithOIDC, source: ScopeSource): boolean => wantsResource(ctx, source, servers);

  return {
    configuration: { features: { resourceIndicators: { enabled: true, defaultResource, getResourceServerInfo, useGrantedResource } } },
  };
};
