import type { KoaContextWithOIDC } from 'oidc-provider';

type Metadata = Readonly<Record<string, unknown>>;

/**
 * Completes what discovery says.
 *
 * Why: oidc-provider lists the response modes that it can do, not those that clients of ours may use, and no scope of a resource server.
 * Bends: the body of the route `discovery`, read in oidc-provider 9.13.3 (lib/actions/discovery.js).
 * Held by: test/identity/provider/seams/metadata.test.ts
 */
export const changeMetadata = (ctx: KoaContextWithOIDC, change: (metadata: Metadata) => Metadata): void => {
  if (ctx.oidc?.route === 'discovery' && ctx.status === 200) ctx.body = change(ctx.body as Metadata);
};
