import type { KoaContextWithOIDC } from 'oidc-provider';
import { recordOf } from '../records/client-metadata.ts';

/** Of the authorization endpoint: where a browser comes with a request, and where it comes back after a log-in. */
const ROUTES: readonly string[] = ['authorization', 'resume'];

/**
 * Grants a client of the first party what it asks for, in the place of a person who would be asked; saved at once. A request with
 * `prompt=consent` is asked all the same, and so is a device: somebody else may have given its code.
 *
 * @param missing what was not granted yet: claims that the client may have, and scopes of resource servers that the account may hold, by
 *   resource
 * @see OpenID Connect Core 1.0 sections 3.1.2.4 and 11
 */
export const grantFirstParty = async (
  ctx: KoaContextWithOIDC,
  missing: {
    readonly claims: (ctx: KoaContextWithOIDC) => readonly string[];
    readonly resourceScopes: (ctx: KoaContextWithOIDC) => Readonly<Record<string, readonly string[]>>;
  },
): Promise<void> => {
  const { oidc } = ctx;
  const { client, grant, session, route } = oidc;
  if (client === undefined || grant === undefined || session === undefined) return;
  if (!recordOf(client).firstParty || !ROUTES.includes(route) || oidc.prompts.has('consent')) return;
  const seen = new Set(grant.getOIDCScopeEncountered().split(' '));
  const scopes = [...oidc.requestParamOIDCScopes].filter((scope) => !seen.has(scope));
  const claims = [...missing.claims(ctx)];
  const resources = Object.entries(missing.resourceScopes(ctx));
  if (scopes.length + claims.length + resources.length === 0) return;
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '));
  if (claims.length > 0) grant.addOIDCClaims(claims);
  for (const [resource, granted] of resources) grant.addResourceScope(resource, granted.join(' '));
  const id = await grant.save();
  session.ensureClientContainer(client.clientId);
  session.grantIdFor(client.clientId, id);
};
