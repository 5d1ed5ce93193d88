import type { FastifyRequest } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import type { App } from '#infra/http/server.ts';
import { KMS_SCOPES } from '#infra/magic/magic.ts';
import { SERVICE_PREFIX } from '#kms/api/service-routes.ts';
import type { RequestOrigin } from '../bindings/request-origin.ts';
import { completed, DPOP_ALGORITHMS } from '../schemes.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The path of a request target, in origin form or absolute. @see RFC 9112 section 3.2 */
const pathOf = (url: string): string => (url.split('?', 1)[0] ?? '').replace(/^https?:\/\/[^/]*/i, '');

const isOfService = (path: string): boolean => path === SERVICE_PREFIX || path.startsWith(`${SERVICE_PREFIX}/`);

/** The URL of a request without its query, as DPoP proofs name it; null where it came under a name that is none of this service. */
export const urlOf = (originOf: RequestOrigin, { raw, url }: Pick<FastifyRequest, 'raw' | 'url'>): string | null => {
  const origin = originOf(raw);
  return origin === null ? null : origin + pathOf(url);
};

/** The metadata of one resource, for a URL of this service. @see RFC 9728 section 2 */
const metadataOf = (resource: string, issuers: readonly string[]): object => ({
  resource,
  resource_name: 'passthru KMS',
  authorization_servers: issuers,
  scopes_supported: Object.entries(KMS_SCOPES).flatMap(([coarse, fine]) => [coarse, ...fine]),
  bearer_methods_supported: ['header'],
  dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
  dpop_bound_access_tokens_required: false,
  tls_client_certificate_bound_access_tokens: true,
});

/**
 * Says to clients that know nothing but a URL of this service which issuers give tokens for it, and with which proofs: each challenge for
 * tokens names the metadata of the URL that was asked for, and the metadata are served for the service and for every URL below its prefix.
 * "The resource value returned MUST be identical to the URL that the client used to make the request": RFC 9728 section 3.3. To be
 * called before routes are added.
 *
 * @param options.issuers `iss` of those whose tokens are accepted
 * @see RFC 9728
 */
export const describeResource = (app: App, options: { readonly originOf: RequestOrigin; readonly issuers: readonly string[] }): void => {
  const { originOf, issuers } = options;

  const metadataUrlOf = (request: FastifyRequest): string | null => {
    const origin = originOf(request.raw);
    const path = pathOf(request.url);
    return origin === null ? null : origin + WELL_KNOWN + (isOfService(path) ? path : '');
  };

  app.addHook('onSend', (request, reply, payload, done) => {
    const header = reply.getHeader('www-authenticate');
    if (typeof header === 'string') {
      const isDpop = /^dpop /i.test(request.headers.authorization ?? '');
      reply.header('www-authenticate', completed(header, { isDpop, metadata: metadataUrlOf(request) }));
    }
    done(null, payload);
  });

  for (const path of [WELL_KNOWN, `${WELL_KNOWN}${SERVICE_PREFIX}`, `${WELL_KNOWN}${SERVICE_PREFIX}/*`]) {
    app.get(path, { schema: { hide: true } }, async (request, reply) => {
      const origin = originOf(request.raw);
      if (origin === null)
        throw new AppError('name-unknown', 421, 'The request came under a name that is none of this service.', {
          fix: 'Ask at a name of its certificate, or at one of tokens.origins.',
        });
      return reply.send(metadataOf(origin + pathOf(request.url).slice(WELL_KNOWN.length), issuers));
    });
  }
};
