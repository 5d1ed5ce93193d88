import { createHash } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';

/**
 * Seconds for which a cache may answer with them. Keys are published an hour before they sign, and one that is withdrawn is to be gone
 * soon.
 */
const MAX_AGE: Readonly<Record<string, number>> = { discovery: 300, jwks: 60 };

const isSame = (header: string, tag: string): boolean =>
  header.split(',').some((each) => ['*', tag].includes(each.trim().replace(/^W\//, '')));

/**
 * Lets everybody read discovery and public keys: scripts of every origin, and caches for a short time, which ask by validator whether
 * anything has changed.
 *
 * Why: oidc-provider gives neither document an age nor a validator.
 * Bends: the bodies of the routes `discovery` and `jwks`, read in oidc-provider 9.13.3 (lib/actions/discovery.js, lib/actions/jwks.js).
 * Held by: test/identity/provider/seams/public-documents.test.ts
 *
 * @see RFC 9111 section 5.2, RFC 9110 sections 8.8.3 and 13.1.2
 */
export const publishDocuments = (ctx: KoaContextWithOIDC): void => {
  const maxAge = MAX_AGE[ctx.oidc?.route ?? ''];
  if (maxAge === undefined || ctx.status !== 200) return;
  const text = JSON.stringify(ctx.body);
  const tag = `"${createHash('sha256').update(text).digest('base64url')}"`;
  const type = ctx.response.get('content-type');
  ctx.set({
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'ETag',
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': `public, max-age=${maxAge}`,
    etag: tag,
  });
  ctx.remove('access-control-allow-credentials');
  ctx.remove('vary');
  if (isSame(ctx.get('if-none-match'), tag)) {
    ctx.status = 304;
    return;
  }
  ctx.body = text;
  ctx.set('content-type', type);
};
